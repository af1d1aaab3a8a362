-- The tables and columns that config/queries reads, with invented guests; days are moved to the days to come.
SET sql_mode='';
CREATE TABLE qlo_htl_branch_info(id INT PRIMARY KEY, email VARCHAR(128), check_in VARCHAR(255), check_out VARCHAR(255));
CREATE TABLE qlo_htl_room_information(id INT PRIMARY KEY, id_product INT, id_hotel INT, room_num VARCHAR(225), id_status INT);
CREATE TABLE qlo_customer(id_customer INT PRIMARY KEY, firstname VARCHAR(32), lastname VARCHAR(32), email VARCHAR(128), date_upd DATETIME);
CREATE TABLE qlo_address(id_address INT PRIMARY KEY, id_customer INT, phone VARCHAR(32), phone_mobile VARCHAR(32));
CREATE TABLE qlo_orders(id_order INT PRIMARY KEY, reference VARCHAR(9), id_customer INT, id_address_invoice INT, current_state INT, date_upd DATETIME);
CREATE TABLE qlo_order_customer_guest_detail(id_order_customer_guest_detail INT AUTO_INCREMENT PRIMARY KEY, id_order INT, firstname VARCHAR(32), lastname VARCHAR(32), email VARCHAR(128), phone VARCHAR(32), date_upd DATETIME);
CREATE TABLE qlo_htl_booking_detail(id INT PRIMARY KEY, id_order INT, id_room INT, id_hotel INT, id_customer INT, id_status INT, check_in DATETIME NOT NULL, check_out DATETIME NOT NULL, date_from DATETIME, date_to DATETIME, hotel_name VARCHAR(255), phone VARCHAR(32), email VARCHAR(128), check_in_time VARCHAR(32), check_out_time VARCHAR(32), room_num VARCHAR(225), adults SMALLINT, children SMALLINT, is_refunded TINYINT DEFAULT 0, is_cancelled TINYINT DEFAULT 0, is_back_order TINYINT DEFAULT 0, date_upd DATETIME);
INSERT INTO qlo_htl_branch_info VALUES(1,'frontdesk@example.com','14:00','11:00');
INSERT INTO qlo_htl_room_information VALUES(11,5,1,'A-101',1),(12,5,1,'A-102',1);
INSERT INTO qlo_customer VALUES(7,'Erna','Buchung','booker@example.com','2026-10-01 10:00:00');
INSERT INTO qlo_address VALUES(70,7,'+49 30 23125 001','');
INSERT INTO qlo_orders VALUES(100,'XKBKNABJK',7,70,2,'2026-10-01 10:00:00');
INSERT INTO qlo_order_customer_guest_detail(id_order,firstname,lastname,email,phone,date_upd) VALUES(100,'Zoé','Gast','guest@example.com','+44 20 7946 0123','2026-10-02 09:00:00');
-- phone/email below are the HOTEL's, as QloApps fills them; check_in/check_out stay '0000-00-00 00:00:00' until the guest arrives
INSERT INTO qlo_htl_booking_detail(id,id_order,id_room,id_hotel,id_customer,id_status,date_from,date_to,hotel_name,phone,email,check_in_time,check_out_time,room_num,adults,children,is_cancelled,is_refunded,date_upd) VALUES
(900,100,11,1,7,1,'2026-12-01','2026-12-04','Prime','+49 30 23125 999','frontdesk@example.com','14:00','11:00','A-101',2,0,0,0,'2026-10-03 08:00:00'),
(901,100,12,1,7,2,'2026-12-01','2026-12-04','Prime','+49 30 23125 999','frontdesk@example.com','14:00','11:00','A-102',1,1,1,1,'2026-10-04 08:00:00');

-- The tables and columns that config/queries reads, with invented guests; days are moved to the days to come.
create table company(company_id bigint primary key,name mediumtext,time_zone mediumtext);
create table booking(booking_id bigint primary key,adult_count tinyint,children_count tinyint default 0,state int default 0,company_id bigint,booking_customer_id bigint,is_deleted tinyint default 0);
create table booking_block(booking_id bigint,room_id bigint,room_type_id bigint,check_in_date datetime,check_out_date datetime,booking_room_history_id bigint auto_increment primary key);
create table customer(customer_id bigint primary key,customer_name varchar(255),phone char(32),email varchar(255),is_deleted tinyint default 0,company_id bigint);
create table room(room_id bigint primary key,room_name varchar(100),is_deleted tinyint default 0,company_id bigint);
create table booking_staying_customer_list(booking_id bigint,customer_id bigint,company_id bigint);
create table booking_x_booking_linked_group(booking_id bigint,booking_group_id bigint);
create table booking_log(booking_id bigint,date_time datetime,log text);
insert into company values(1,'Inn','America/Vancouver');
insert into booking values(55,2,0,0,1,1,0),(56,1,0,4,1,2,0);
insert into booking_block(booking_id,room_id,check_in_date,check_out_date) values(55,10,'2026-12-01','2026-12-02'),(55,11,'2026-12-02','2026-12-05'),(56,NULL,'2026-12-03','2026-12-04');
insert into customer values(1,'Booker One','+1 604 555 0100','b@example.com',0,1),(2,'Guest Two','','',0,1),(3,'Guest Three','+1 604 555 0101','g3@example.com',0,1);
insert into room values(10,'101',0,1),(11,'102',0,1);
insert into booking_staying_customer_list values(55,1,1),(55,3,1);
insert into booking_log values(55,'2026-10-01 10:00:00','created'),(55,'2026-10-02 11:00:00','moved');

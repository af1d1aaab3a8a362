-- The tables and columns that config/queries reads, with invented guests; days are moved to the days to come.
create table res_partner(id serial primary key,name varchar,email varchar,phone varchar,mobile varchar);
create table pms_property(id serial primary key,partner_id int,pms_property_code varchar,tz varchar,default_arrival_hour varchar,default_departure_hour varchar);
create table pms_room(id serial primary key,name varchar,short_name varchar,pms_property_id int,active bool default true);
create table pms_folio(id serial primary key,name varchar,external_reference varchar,pms_property_id int,state varchar);
create table pms_reservation(id serial primary key,name text,folio_id int,external_reference varchar,pms_property_id int,partner_id int,partner_name varchar,email varchar,mobile varchar,state varchar,cancelled_reason varchar,reservation_type varchar,to_assign bool,splitted bool,overbooking bool,preferred_room_id int,checkin date,checkout date,arrival_hour varchar,departure_hour varchar,adults int,children int,write_date timestamp);
create table pms_reservation_line(id serial primary key,reservation_id int,room_id int,date date,state varchar,occupies_availability bool,write_date timestamp);
create table pms_checkin_partner(id serial primary key,identifier varchar,reservation_id int,partner_id int,firstname varchar,lastname varchar,lastname2 varchar,email varchar,mobile varchar,phone varchar,state varchar,arrival timestamp,departure timestamp,write_date timestamp);
insert into res_partner(name) values('Hotel Sol'); insert into pms_property values(1,1,'SOL','Europe/Madrid','14:00','12:00');
insert into pms_room(id,name,pms_property_id) values(1,'101',1),(2,'102',1);
insert into pms_folio values(1,'F/2600001','5134582030',1,'confirm');
insert into pms_reservation values(1,'F/2600001/1',1,null,1,null,'Lucía Pérez','lucia@example.com','+44 20 7946 0600','confirm',null,'normal',false,true,false,null,'2026-12-01','2026-12-05','15:30','11:00',2,0,'2026-10-02 10:00:00'),(2,'F/2600001/2',1,null,1,null,'Lucía Pérez','lucia@example.com',null,'cancel','noshow','normal',true,false,false,1,'2026-12-01','2026-12-02','14:00','12:00',1,0,'2026-10-03 10:00:00');
insert into pms_reservation_line(reservation_id,room_id,date,occupies_availability) values(1,1,'2026-12-01',true),(1,1,'2026-12-02',true),(1,2,'2026-12-03',true),(1,1,'2026-12-04',true),(2,1,'2026-12-01',false);
insert into pms_checkin_partner(reservation_id,firstname,lastname,email,mobile,state,write_date) values(1,'Lucía','Pérez',null,'+44 20 7946 0600','precheckin','2026-10-02'),(1,null,null,null,null,'dummy','2026-10-02');

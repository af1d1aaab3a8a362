-- The tables and columns that config/queries reads, with invented guests; days are moved to the days to come.
create table clienti(idclienti integer primary key,cognome varchar(70) not null,nome varchar(70),telefono varchar(50),telefono2 varchar(50),telefono3 varchar(50),email text);
create table periodi2026(idperiodi integer primary key,datainizio date not null,datafine date);
create table prenota2026(idprenota integer primary key,idclienti integer,idappartamenti varchar(100),iddatainizio integer,iddatafine integer,assegnazioneapp varchar(4),app_assegnabili text,num_persone integer,codice varchar(10),origine varchar(70),conferma varchar(4),checkin datetime,checkout datetime,id_anni_prec text,datainserimento datetime,data_modifica datetime);
create table rclientiprenota2026(idprenota integer,idclienti integer,num_ordine integer,parentela varchar(70),datainserimento datetime);
insert into periodi2026 values(330,'2026-12-01','2026-12-02'),(331,'2026-12-02','2026-12-03'),(332,'2026-12-03','2026-12-04');
insert into clienti values(1,'Rossi','Carla','+44 20 7946 0333','','','carla@example.com'),(2,'Rossi','Bruno',NULL,'+44 20 7946 0347','',NULL);
insert into prenota2026 values(14,1,'12',330,332,'k','',2,NULL,'Booking','S',NULL,NULL,NULL,'2026-10-01 10:00:00',NULL),(15,0,'13',330,330,'v','',1,NULL,NULL,NULL,NULL,NULL,NULL,'2026-10-01 10:00:00',NULL);
insert into rclientiprenota2026 values(14,2,1,'coniuge','2026-10-01 10:00:00');

-- The tables and columns that config/queries reads, with invented guests; days are moved to the days to come.
CREATE TABLE users(user_id INT PRIMARY KEY, fname VARCHAR(85), lname VARCHAR(85), email VARCHAR(85), phone VARCHAR(85), timezone VARCHAR(85));
CREATE TABLE resources(resource_id INT PRIMARY KEY, name VARCHAR(85));
CREATE TABLE reservation_series(series_id INT PRIMARY KEY, date_created DATETIME, last_modified DATETIME, type_id TINYINT, status_id TINYINT, owner_id INT);
CREATE TABLE reservation_instances(reservation_instance_id INT PRIMARY KEY, start_date DATETIME, end_date DATETIME, reference_number VARCHAR(50), series_id INT, checkin_date DATETIME, checkout_date DATETIME);
CREATE TABLE reservation_resources(series_id INT, resource_id INT, resource_level_id TINYINT);
CREATE TABLE reservation_users(reservation_instance_id INT, user_id INT, reservation_user_level TINYINT);
CREATE TABLE reservation_guests(reservation_instance_id INT, email VARCHAR(255), reservation_user_level TINYINT);
INSERT INTO users VALUES(1,'Ida','Eins','ida@example.com','+49 30 23125 002','Europe/Berlin'),(2,'Otto','Zwei','otto@example.com',NULL,'Europe/Berlin');
INSERT INTO resources VALUES(5,'Room 5'),(6,'Room 6');
INSERT INTO reservation_series VALUES(9,'2026-10-01','2026-10-02',1,1,1);
INSERT INTO reservation_instances VALUES(90,'2026-12-01 14:00:00','2026-12-01 16:00:00','abc123',9,NULL,NULL);
INSERT INTO reservation_resources VALUES(9,5,1),(9,6,2);
INSERT INTO reservation_users VALUES(90,1,1),(90,2,2);
INSERT INTO reservation_guests VALUES(90,'outsider@example.com',2);

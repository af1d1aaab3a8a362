-- Reservations of LibreBooking, formerly Booked (MySQL or MariaDB), for [source] kind = "sql".
--
-- Rooms by the hour. One row is one guest in one resource; begin and end are UTC in the database, and are written as
-- such. Blackouts (type 2) are no reservations. Outsiders are known by their e-mail address only.
select
  instance.reference_number as reservation_key,
  case
    when series.status_id = 2 then 'cancelled'
    when series.status_id = 3 then 'tentative'
    when instance.checkout_date is not null then 'checked_out'
    when instance.checkin_date is not null then 'checked_in'
    else 'confirmed'
  end as status,
  resource.name as unit,
  date_format(instance.start_date, '%Y-%m-%dT%H:%i:%sZ') as check_in,
  date_format(instance.end_date, '%Y-%m-%dT%H:%i:%sZ') as check_out,
  who.guest_key,
  who.first_name,
  who.last_name,
  who.email,
  who.phone,
  who.is_primary,
  date_format(coalesce(series.last_modified, series.date_created), '%Y-%m-%dT%H:%i:%sZ') as updated_at
from reservation_instances instance
join reservation_series series on series.series_id = instance.series_id and series.type_id = 1
join reservation_resources booked on booked.series_id = series.series_id
join resources resource on resource.resource_id = booked.resource_id
join (
  select
    member.reservation_instance_id,
    concat('user-', u.user_id) as guest_key,
    u.fname as first_name,
    u.lname as last_name,
    u.email,
    u.phone,
    if(member.reservation_user_level = 1, 'yes', 'no') as is_primary
  from reservation_users member
  join users u on u.user_id = member.user_id
  where member.reservation_user_level in (1, 2)
  union all
  select
    outsider.reservation_instance_id,
    concat(outsider.reservation_instance_id, '-', md5(lower(outsider.email))),
    null,
    null,
    outsider.email,
    null,
    'no'
  from reservation_guests outsider
  where outsider.reservation_user_level = 2
) who on who.reservation_instance_id = instance.reservation_instance_id
where instance.end_date >= utc_timestamp() - interval 2 day
order by instance.reservation_instance_id, resource.name, who.guest_key

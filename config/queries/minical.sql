-- Reservations of miniCal (MySQL or MariaDB), for [source] kind = "sql".
--
-- One row is one guest in one room segment; who moves has several, and all of a booking are given until its last one
-- is over. Rooms out of order (3) and deleted bookings (6) live in the same table and are no stays. Who booked is a
-- guest too. At midnight a segment begins or ends without an hour of its own.
select
  b.booking_id as reservation_key,
  block.booking_room_history_id as stay_id,
  case b.state
    when 0 then 'confirmed'
    when 1 then 'checked_in'
    when 2 then 'checked_out'
    when 4 then 'cancelled'
    when 5 then 'no_show'
    else 'tentative'
  end as status,
  b.company_id as property,
  company.time_zone as property_time_zone,
  room.room_name as unit,
  date(block.check_in_date) as check_in,
  nullif(time(block.check_in_date), '00:00:00') as check_in_time,
  date(block.check_out_date) as check_out,
  nullif(time(block.check_out_date), '00:00:00') as check_out_time,
  guest.customer_id as guest_key,
  guest.customer_name as full_name,
  nullif(guest.email, '') as email,
  nullif(trim(guest.phone), '') as phone,
  if(guest.customer_id = b.booking_customer_id, 'yes', 'no') as is_primary,
  (select max(entry.date_time) from booking_log entry where entry.booking_id = b.booking_id) as updated_at
from booking b
join booking_block block on block.booking_id = b.booking_id
join company on company.company_id = b.company_id
left join room on room.room_id = block.room_id and room.is_deleted = 0
left join (
  select booking_id, customer_id from booking_staying_customer_list
  union
  select booking_id, booking_customer_id from booking where booking_customer_id > 0
) who on who.booking_id = b.booking_id
left join customer guest on guest.customer_id = who.customer_id and guest.is_deleted = 0
where b.is_deleted = 0
  and b.state not in (3, 6)
  and exists (
    select 1
    from booking_block later
    where later.booking_id = b.booking_id and later.check_out_date >= current_date - interval 2 day
  )
order by b.booking_id, block.booking_room_history_id, guest.customer_id

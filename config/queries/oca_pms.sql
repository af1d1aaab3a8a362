-- Reservations of OCA pms for Odoo (PostgreSQL), for [source] kind = "sql".
--
-- One row is one guest in one room for nights without a break: who changes rooms has several, taken from the nights,
-- because such a reservation has no room of its own. Arrival and departure hours are local to the property's zone;
-- at a change of rooms they are the hotel's. Guests that are only place-holders are left out; where all are, the
-- name of the booking stands for them. A room that only the machine chose (to_assign) is not told yet.
-- A guest that stays beyond the departure (departure_delayed) is still there.
with night as (
  select
    line.reservation_id,
    line.room_id,
    line.date,
    line.date - (row_number() over (partition by line.reservation_id, line.room_id order by line.date))::int as stretch
  from pms_reservation_line line
),
segment as (
  select reservation_id, room_id, min(date) as first_night, max(date) + 1 as departure
  from night
  group by reservation_id, room_id, stretch
)
select
  reservation.name as reservation_key,
  reservation.id || '-' || segment.first_night as stay_id,
  case
    when reservation.state = 'cancel' and reservation.cancelled_reason = 'noshow' then 'no_show'
    when reservation.state = 'cancel' then 'cancelled'
    when reservation.state = 'done' then 'checked_out'
    when reservation.state in ('onboard', 'departure_delayed') then 'checked_in'
    when reservation.state = 'draft' then 'tentative'
    else 'confirmed'
  end as status,
  property.pms_property_code as property,
  property.tz as property_time_zone,
  case when reservation.to_assign and reservation.state in ('draft', 'confirm') then null else room.name end as unit,
  coalesce(segment.first_night, reservation.checkin) as check_in,
  case
    when coalesce(segment.first_night, reservation.checkin) = reservation.checkin then reservation.arrival_hour
    else property.default_arrival_hour
  end as check_in_time,
  coalesce(segment.departure, reservation.checkout) as check_out,
  case
    when coalesce(segment.departure, reservation.checkout) = reservation.checkout then reservation.departure_hour
    else property.default_departure_hour
  end as check_out_time,
  'checkin-' || guest.id as guest_key,
  coalesce(nullif(concat_ws(' ', guest.firstname, guest.lastname, guest.lastname2), ''), reservation.partner_name)
    as full_name,
  case when guest.id is null then reservation.email else nullif(guest.email, '') end as email,
  case
    when guest.id is null then reservation.mobile
    else coalesce(nullif(guest.mobile, ''), nullif(guest.phone, ''))
  end as phone,
  greatest(reservation.write_date, guest.write_date) at time zone 'UTC' as updated_at
from pms_reservation reservation
join pms_property property on property.id = reservation.pms_property_id
left join segment on segment.reservation_id = reservation.id
left join pms_room room on room.id = segment.room_id
left join pms_checkin_partner guest
  on guest.reservation_id = reservation.id and guest.state not in ('dummy', 'cancel')
where reservation.reservation_type <> 'out'
  and reservation.checkout >= current_date - 2
order by reservation.id, segment.first_night, guest.id

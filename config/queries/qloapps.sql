-- Reservations of QloApps (MySQL or MariaDB), for [source] kind = "sql". Tables begin with qlo_ unless the shop was
-- installed with another prefix.
--
-- One row is one booked room. The e-mail address and telephone number in the booking itself are the hotel's: the
-- guest's stand in the guest detail of the order or, where the customer travels, in the customer and the address.
-- A cancellation or refund counts before the status. A back order has no room that is its own yet.
select
  o.reference as reservation_key,
  bd.id as stay_id,
  case
    when bd.is_cancelled = 1 or bd.is_refunded = 1 then 'cancelled'
    when bd.is_back_order = 1 then 'tentative'
    when bd.id_status = 3 then 'checked_out'
    when bd.id_status = 2 then 'checked_in'
    else 'confirmed'
  end as status,
  bd.id_hotel as property,
  coalesce(room.room_num, bd.room_num) as unit,
  date(bd.date_from) as check_in,
  nullif(bd.check_in_time, '') as check_in_time,
  date(bd.date_to) as check_out,
  nullif(bd.check_out_time, '') as check_out_time,
  case when guest.id_order is null then concat('customer-', o.id_customer) else concat('order-', o.id_order) end
    as guest_key,
  coalesce(nullif(guest.firstname, ''), customer.firstname) as first_name,
  coalesce(nullif(guest.lastname, ''), customer.lastname) as last_name,
  coalesce(nullif(guest.email, ''), customer.email) as email,
  coalesce(nullif(guest.phone, ''), nullif(address.phone_mobile, ''), nullif(address.phone, '')) as phone,
  greatest(bd.date_upd, o.date_upd) as updated_at
from qlo_htl_booking_detail bd
join qlo_orders o on o.id_order = bd.id_order
join qlo_customer customer on customer.id_customer = o.id_customer
left join qlo_order_customer_guest_detail guest on guest.id_order = o.id_order
left join qlo_address address on address.id_address = o.id_address_invoice
left join qlo_htl_room_information room on room.id = bd.id_room
where bd.date_to >= current_date - interval 2 day
order by bd.id

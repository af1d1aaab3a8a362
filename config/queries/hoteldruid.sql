-- Reservations of HotelDruid (MySQL or MariaDB), for [source] kind = "sql".
--
-- HotelDruid has tables for each year. Numbers begin anew with the year, so the year is part of the key; a stay over
-- New Year stands in both years, and is read from the one it begins in. Before New Year write this text a second time
-- behind "union all" with the new year in place of 2026, and take the old one out when its last guest has left.
-- Days are numbers of nights. A booking that is cancelled is deleted: what is gone was cancelled, or there was an
-- error. A booking without a customer (0) is one that nobody finished on the web.
select
  concat('2026-', booking.idprenota) as reservation_key,
  case
    when booking.checkout is not null then 'checked_out'
    when booking.checkin is not null then 'checked_in'
    when booking.conferma = 'S' then 'confirmed'
    else 'tentative'
  end as status,
  nullif(booking.idappartamenti, '') as unit,
  first_night.datainizio as check_in,
  last_night.datafine as check_out,
  guest.idclienti as guest_key,
  guest.nome as first_name,
  guest.cognome as last_name,
  nullif(guest.email, '') as email,
  coalesce(nullif(guest.telefono, ''), nullif(guest.telefono2, ''), nullif(guest.telefono3, '')) as phone,
  if(guest.idclienti = booking.idclienti, 'yes', 'no') as is_primary,
  coalesce(booking.data_modifica, booking.datainserimento) as updated_at
from prenota2026 booking
join periodi2026 first_night on first_night.idperiodi = booking.iddatainizio
join periodi2026 last_night on last_night.idperiodi = booking.iddatafine
join (
  select idprenota, idclienti from prenota2026
  union
  select idprenota, idclienti from rclientiprenota2026
) who on who.idprenota = booking.idprenota
join clienti guest on guest.idclienti = who.idclienti
where booking.idclienti <> 0
  and coalesce(booking.id_anni_prec, '') = ''
  and last_night.datafine >= current_date - interval 2 day
order by booking.idprenota, guest.idclienti

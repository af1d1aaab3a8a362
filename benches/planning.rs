//! How long a night's work takes before the first call: 100,000 rows are read, mapped, planned and checked.

mod hotel;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use hotel::{Edition, House, Size, bookings, workspace};
use reservation_sync::mapping::Directory;
use reservation_sync::model::Inventory;
use reservation_sync::plan::CheckedPlan;

const N_ROWS: usize = 100_000;

fn planning(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut house = House::new(folder.path().to_owned());
    let bookings = bookings(Size::of(N_ROWS));
    let n_rows: usize = bookings.iter().map(hotel::Booking::n_rows).sum();
    let first = house.write("first.csv", &bookings, Edition::First);
    let next = house.write("next.csv", &bookings, Edition::NextNight);
    let converged = house.converged(Size::of(N_ROWS), &bookings);
    let nights = [
        ("empty workspace", &first, workspace(Size::of(N_ROWS))),
        ("nothing changed", &first, converged.clone()),
        ("2 percent changed", &next, converged),
    ];

    let mut group = criterion.benchmark_group("100,000 rows");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).throughput(Throughput::Elements(n_rows as u64));
    group.bench_function("read", |bencher| bencher.iter_with_large_drop(|| house.read(&first)));
    for (name, file, inventory) in &nights {
        let read = house.read(file);
        let directory = Directory::of(inventory);
        let access = house.access(&directory, inventory);
        let desired = house.map(read.reservations.clone(), &directory, &access);
        let input = house.input(&directory, &desired, inventory, &access);
        let made = House::plan(&input);
        group.bench_function(format!("map, {name}"), |bencher| {
            let map =
                |reservations| house.map(reservations, &directory, &house.access(&directory, inventory));
            bencher.iter_batched(|| read.reservations.clone(), map, BatchSize::PerIteration);
        });
        group.bench_function(format!("plan, {name}"), |bencher| {
            bencher.iter_with_large_drop(|| House::plan(&input));
        });
        group.bench_function(format!("check, {name}"), |bencher| {
            let check = |plan| House::check(plan, &input);
            bencher.iter_batched(|| made.clone(), check, BatchSize::PerIteration);
        });
    }
    for (name, file, inventory) in &nights {
        group.bench_function(format!("whole, {name}"), |bencher| {
            bencher.iter(|| black_box(whole(&house, file, inventory)));
        });
    }
    group.finish();
}

fn whole(house: &House, file: &str, inventory: &Inventory) -> CheckedPlan {
    let read = house.read(file);
    let directory = Directory::of(inventory);
    let access = house.access(&directory, inventory);
    let desired = house.map(read.reservations, &directory, &access);
    let input = house.input(&directory, &desired, inventory, &access);
    House::check(House::plan(&input), &input)
}

criterion_group!(benches, planning);
criterion_main!(benches);

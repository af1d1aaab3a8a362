//! Reports beside stdout: each format from the same run, however it ends.

use std::fmt::Write as _;
use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::{Command as Program, Output};

use assert_cmd::Command;
use serde_json::Value;

const CONFIG: &str = r#"
policy = "sync"
namespace = "demo"
[source]
kind = "csv"
path = "reservations.csv"
max_age = "none"
[property]
time_zone = "Europe/Lisbon"
[spaces]
key = "room-{unit}"
[seam]
endpoint = "sandbox"
[seam.sandbox]
seed = "workspace.json"
state = "sandbox.json"
now = "2026-12-01T12:00:00Z"
[store]
url = "sqlite://store.db"
"#;

fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for name in ["reservations.csv", "workspace.json"] {
        fs::copy(samples.join(name), folder.path().join(name)).expect("a sample");
    }
    fs::write(folder.path().join("reservation-sync.toml"), CONFIG).expect("it can be written");
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reservation-sync"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("the program is built")
}

const REPORTS: [&str; 10] = [
    "--report",
    "json=a.json",
    "--report",
    "markdown=a.md",
    "--report",
    "html=a.html",
    "--report",
    "csv=a.csv",
    "--report",
    "text=a.txt",
];

#[test]
fn one_plan_is_written_in_every_format() {
    let folder = place();
    let ended = run(folder.path(), &[&["plan"][..], &REPORTS].concat());
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it was written");
    let json: Value = serde_json::from_str(&read("a.json")).expect("it is JSON");
    let n_items = json["items"].as_array().expect("a list").len();
    assert_eq!(n_items, 239);
    assert_eq!(read("a.html").matches("data-action=\"create\"").count(), n_items);
    assert_eq!(read("a.csv").lines().count(), n_items + 1);
    assert!(read("a.md").contains("<summary>New grants: 239</summary>"));
    assert_eq!(read("a.txt").as_bytes(), ended.stdout);
    let line = String::from_utf8_lossy(&ended.stdout).lines().last().expect("a line").to_owned();
    for (name, report) in [("a.md", read("a.md")), ("a.html", read("a.html").replace(" <span>", " "))] {
        assert!(report.contains(&line), "`{line}` in {name}");
    }
}

#[test]
fn stdout_takes_every_format_too() {
    let folder = place();
    for (format, beginning) in
        [("markdown", "**DRY RUN"), ("html", "<!doctype html>"), ("csv", "\u{feff}\"day\",\"action\",")]
    {
        let ended = run(folder.path(), &["plan", "--format", format]);
        assert!(ended.stdout.starts_with(beginning.as_bytes()), "{format}: {ended:?}");
    }
    let refused = run(folder.path(), &["check", "--format", "html"]);
    assert_eq!(refused.status.code(), Some(64), "{refused:?}");
}

#[test]
fn reports_are_written_even_where_the_run_dies() {
    let folder = place();
    fs::remove_file(folder.path().join("reservations.csv")).expect("it was there");
    let ended = run(folder.path(), &[&["run"][..], &REPORTS].concat());
    assert_eq!(ended.status.code(), Some(6), "{ended:?}");
    for name in ["a.json", "a.md", "a.html", "a.txt"] {
        let report = fs::read_to_string(folder.path().join(name)).expect("it was written");
        assert!(report.contains("reservations.csv"), "{name}: {report}");
    }
    let csv = fs::read_to_string(folder.path().join("a.csv")).expect("it was written");
    assert_eq!(csv.lines().count(), 1, "{csv}");
}

/// Whether this process may do what only the administrator may.
fn is_root() -> bool {
    let id = Program::new("id").arg("-u").output().expect("every system has it");
    id.stdout == b"0\n"
}

/// Past the harness, which swallows what a test prints that passes.
fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).expect("stderr is open");
}

/// Each verb that writes a file, and the name of its file.
const WRITERS: [(&[&str], &str); 6] = [
    (&["plan", "-o", "out"], "out"),
    (&["plan", "--rejects", "out"], "out"),
    (&["run", "--rejects", "out"], "out"),
    (&["run", "--report", "html=out"], "out"),
    (&["adopt", "-o", "out"], "out"),
    (&["export", "--with-secrets", "out"], "out"),
];

#[test]
fn link_pipe_device_and_file_of_another_user_are_refused() {
    let folder = place();
    let out = folder.path().join("out");
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "not ours").expect("it can be written");
    let put: [(&str, &dyn Fn()); 5] = [
        ("a link", &|| symlink(&elsewhere, &out).expect("a link")),
        ("a link", &|| {
            symlink(&elsewhere, &out).expect("a link");
            if is_root() {
                lchown(&out, Some(65534), None).expect("the administrator may");
            }
        }),
        ("a pipe", &|| {
            assert!(Program::new("mkfifo").arg(&out).status().expect("it is installed").success());
        }),
        ("a folder", &|| fs::create_dir(&out).expect("a folder")),
        ("another user", &|| {
            fs::write(&out, "theirs").expect("it can be written");
            if is_root() {
                lchown(&out, Some(65534), None).expect("the administrator may");
            }
        }),
    ];
    for (kind, put) in put {
        put();
        for (verb, _) in WRITERS {
            if kind == "another user" && !is_root() {
                say("only the administrator can make a file of another user: not tried");
                continue;
            }
            let ended = run(folder.path(), verb);
            assert_eq!(ended.status.code(), Some(64), "{kind} {verb:?}: {ended:?}");
            let told = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert!(told.contains("`out`") && told.contains(kind), "{told}");
        }
        if out.is_dir() && !out.is_symlink() {
            fs::remove_dir(&out).expect("it is empty");
        } else {
            fs::remove_file(&out).expect("it is there");
        }
    }
    assert_eq!(fs::read_to_string(&elsewhere).expect("it is there"), "not ours");
    assert!(!folder.path().join("store.db").exists(), "nothing was begun");
    let ended = run(folder.path(), &["plan", "--report", "json=/dev/full"]);
    assert_eq!(ended.status.code(), Some(64), "{ended:?}");
}

#[test]
fn files_of_the_job_are_not_written_over() {
    let folder = place();
    let ended = run(folder.path(), &["run"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let names = ["reservations.csv", "workspace.json", "reservation-sync.toml", "store.db", "sandbox.json"];
    let before: Vec<Vec<u8>> =
        names.iter().map(|name| fs::read(folder.path().join(name)).expect("it is there")).collect();
    for name in
        names.into_iter().chain(["store.db-wal", "store.db-shm", "sandbox.json.journal", "./store.db"])
    {
        for verb in [["plan", "-o", name], ["run", "--rejects", name], ["export", "--with-secrets", name]] {
            let ended = run(folder.path(), &verb);
            assert_eq!(ended.status.code(), Some(64), "{verb:?}: {ended:?}");
        }
        let ended = run(folder.path(), &["run", "--report", &format!("json={name}")]);
        assert_eq!(ended.status.code(), Some(64), "{name}: {ended:?}");
    }
    for (name, before) in names.iter().zip(before) {
        assert_eq!(fs::read(folder.path().join(name)).expect("it is there"), before, "{name}");
    }
    for twice in [
        &["run", "--report", "json=a", "--report", "html=./a"][..],
        &["run", "--report", "json=a", "--rejects", "a"],
        &["plan", "-o", "a", "--rejects", "a"],
    ] {
        let ended = run(folder.path(), twice);
        assert_eq!(ended.status.code(), Some(64), "{twice:?}: {ended:?}");
        assert!(!folder.path().join("a").exists());
    }
}

#[test]
fn streams_are_written_as_streams() {
    let folder = place();
    let program = env!("CARGO_BIN_EXE_reservation-sync");
    let shell = |line: &str| {
        let mut bash = Program::new("bash");
        bash.args(["-c", line]).env("SYNC", program).current_dir(folder.path());
        let ended = bash.output().expect("a shell");
        assert_eq!(ended.status.code(), Some(0), "{line}: {ended:?}");
    };
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it was written");
    shell("\"$SYNC\" plan --report csv=/dev/stdout > out 2> err");
    assert!(read("out").contains("\u{feff}\"day\"") && read("out").contains("Plan:"), "{}", read("out"));
    shell("\"$SYNC\" plan --report csv=/dev/stderr --report json=/dev/null > out 2> err");
    assert!(read("err").contains("\u{feff}\"day\"") && !read("out").contains("\"day\""));
    shell("echo before > three; \"$SYNC\" plan --report csv=/dev/fd/3 3>> three > out");
    assert!(read("three").starts_with("before\n\u{feff}\"day\""), "{}", read("three"));
    shell("\"$SYNC\" plan --report csv=>(cat > piped) > out; wait $!; sleep 0.2");
    assert!(read("piped").starts_with("\u{feff}\"day\""), "{}", read("piped"));
}

/// A disk of 64 KB; `None` where none can be made, which is said.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mounted(path: std::path::PathBuf) -> Option<Self> {
        fs::create_dir(&path).expect("a folder");
        let mount =
            Program::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(&path).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Self(path));
        }
        say("no small disk can be mounted here: a full disk was not tried");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Program::new("umount").arg(&self.0).status().ok();
    }
}

#[test]
fn full_disk_leaves_the_earlier_file_and_the_exit_code() {
    let folder = place();
    let Some(disk) = SmallDisk::mounted(folder.path().join("disk")) else { return };
    let path = |name: &str| disk.0.join(name);
    for name in ["r.html", "r.json", "rejects.csv"] {
        fs::write(path(name), "earlier").expect("there is room");
    }
    fs::write(path("filler"), vec![b'x'; 40 * 1024]).expect("there is room");
    let ended = run(folder.path(), &["run", "--report", "html=disk/r.html", "--report", "json=disk/r.json"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(told.contains("warning: write the report `disk/r.html`") && told.contains("r.json"), "{told}");
    // A plan that cannot be saved is no success: the file was what was asked for.
    let saved = run(folder.path(), &["plan", "--now", "2026-11-20T12:00:00Z", "-o", "disk/r.json"]);
    assert_eq!(saved.status.code(), Some(1), "{saved:?}");
    for name in ["r.html", "r.json", "rejects.csv"] {
        assert_eq!(fs::read_to_string(path(name)).expect("it is there"), "earlier", "{name}");
    }
    let mut names: Vec<String> = fs::read_dir(&disk.0)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["filler", "r.html", "r.json", "rejects.csv"]);
}

#[test]
fn files_that_others_could_read_are_narrowed_and_said() {
    let folder = place();
    let path = |name: &str| folder.path().join(name);
    let mode = |name: &str| fs::metadata(path(name)).expect("it is there").permissions().mode() & 0o777;
    let ended = run(folder.path(), &["run"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    File::create(path("rejects.csv")).expect("it can be written");
    File::create(path("plan.json")).expect("it can be written");
    for name in ["store.db", "sandbox.json", "plan.json", "rejects.csv"] {
        fs::set_permissions(path(name), Permissions::from_mode(0o644)).expect("it is ours");
        let verb: &[&str] = &["plan", "-o", "plan.json", "--rejects", "rejects.csv"];
        let ended = run(folder.path(), verb);
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(told.contains(name) && told.contains("mode 644"), "{name}: {told}");
        assert_eq!(mode(name), 0o600, "{name}");
        let again = run(folder.path(), verb);
        assert!(!String::from_utf8_lossy(&again.stderr).contains("mode"), "{again:?}");
    }
    for (name, verb) in [
        ("plan.json", &["apply", "plan.json"][..]),
        ("plan.json", &["show", "plan.json"]),
        ("rejects.csv", &["plan", "--from-rejects", "rejects.csv"]),
    ] {
        fs::set_permissions(path(name), Permissions::from_mode(0o640)).expect("it is ours");
        let told = String::from_utf8_lossy(&run(folder.path(), verb).stderr).into_owned();
        assert!(told.contains("mode 640"), "{verb:?}: {told}");
        assert_eq!(mode(name), 0o600, "{verb:?}");
    }
}

#[test]
fn no_separator_of_a_spreadsheet_makes_a_formula() {
    let folder = place();
    let guests = ["Ana;=1+1", "Ana\t@SUM(A1)", "Ana|+1", "  =1+1", "＝1+1", "Ana; \"=1+1\"", "\u{a0}-1"];
    let mut rows = String::new();
    for (number, guest) in guests.iter().enumerate() {
        let guest = guest.replace('"', "\"\"");
        writeln!(rows, "R{number},confirmed,10{number},2026-12-03,2026-12-06,G{number},\"{guest}\"")
            .expect("a string takes everything");
    }
    let header = "reservation_key,status,unit,check_in,check_out,guest_key,full_name\n";
    let bad = "R9,confirmed,109,2026-12-40,2026-12-06,G9,Ana;=1+1\n";
    fs::write(folder.path().join("reservations.csv"), format!("{header}{rows}{bad}"))
        .expect("it can be written");
    let ended =
        run(folder.path(), &["run", "--report", "csv=r.csv", "--rejects", "rejects.csv", "--format", "csv"]);
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    let exported = run(folder.path(), &["export", "--format", "csv", "--with-secrets", "codes.csv"]);
    let adopted = run(folder.path(), &["adopt", "--format", "csv"]);
    let read = |name: &str| fs::read(folder.path().join(name)).expect("it was written");
    for csv in
        [ended.stdout, read("r.csv"), read("rejects.csv"), exported.stdout, read("codes.csv"), adopted.stdout]
    {
        let text = String::from_utf8(csv).expect("it is text");
        for separator in [b',', b';', b'\t', b'|'] {
            // A spreadsheet ends a cell at each separator, inside of quotes too where they do not begin the cell.
            for quoting in [true, false] {
                let mut reader = csv::ReaderBuilder::new();
                reader.delimiter(separator).quoting(quoting).flexible(true).has_headers(false);
                for cell in reader
                    .from_reader(text.as_bytes())
                    .records()
                    .flat_map(|row| row.expect("a row").iter().map(ToOwned::to_owned).collect::<Vec<_>>())
                {
                    let shown = cell.trim_start_matches(|c: char| c == '"' || c.is_whitespace());
                    let is_formula = shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
                    // Without quoting a comma inside of a cell divides it, which no program does to a file of commas.
                    assert!(!is_formula || (separator == b',' && !quoting), "{cell:?} of {text}");
                }
            }
        }
    }
}

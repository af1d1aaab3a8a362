//! Who can open which room when: before a run, after each of its writes and at its end, taken from what went over the
//! wire; and what is asked of every run: no two parties in one room, unless an item names both (RULES 12 to 17).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use reservation_sync::config::Environment;
use reservation_sync::sandbox::{Exchange, Fault, FaultPlan, Sandbox, ScriptedFault};
use serde_json::Value;

/// One guest who can open one room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    pub(crate) room: String,
    /// The reservation that the grant's key names; empty for a grant that is not ours.
    pub(crate) reservation: String,
    pub(crate) name: String,
    pub(crate) from: Timestamp,
    /// `None` is for ever.
    pub(crate) until: Option<Timestamp>,
    /// The key of the identity, and that of the grant.
    pub(crate) keys: (String, String),
}

impl Access {
    /// All of a workspace.
    pub(crate) fn all(snapshot: &Value) -> Vec<Self> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |name: &str| snapshot[name].as_array().expect("a list");
        let names: BTreeMap<String, String> = list("user_identities")
            .iter()
            .map(|person| (text(&person["user_identity_key"]), text(&person["full_name"])))
            .collect();
        let mut all = Vec::new();
        for grant in list("access_grants") {
            let key = text(&grant["access_grant_key"]);
            let identity = text(&grant["user_identity_key"]);
            for space in grant["space_keys"].as_array().expect("a list") {
                all.push(Self {
                    room: room(&text(space)),
                    reservation: reservation(&key),
                    name: names.get(&identity).cloned().unwrap_or_default(),
                    from: instant(&grant["starts_at"]).expect("a start"),
                    until: instant(&grant["ends_at"]),
                    keys: (identity.clone(), key.clone()),
                });
            }
        }
        all.sort();
        all
    }

    fn is_open(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// `001 R1 Ana now..5T11`, or `None` where it is over.
    fn told(&self, now: Timestamp) -> Option<String> {
        if self.until.is_some_and(|until| until <= now) {
            return None;
        }
        let Self { room, reservation, name, from, until, .. } = self;
        let from = if *from <= now { "now".to_owned() } else { clock(*from) };
        let until = until.map_or_else(|| "ever".to_owned(), clock);
        Some(format!("{room} {reservation} {} {from}..{until}", name.replace(' ', "_")))
    }
}

/// The hotel's day and hour: `5T11`, `5T01:30`, `11-28T15`.
fn clock(at: Timestamp) -> String {
    let local = TimeZone::get("Europe/Lisbon").expect("a zone").to_datetime(at);
    let day = if local.month() == 12 {
        local.day().to_string()
    } else {
        format!("{:02}-{:02}", local.month(), local.day())
    };
    let minute = if local.minute() == 0 { String::new() } else { format!(":{:02}", local.minute()) };
    format!("{day}T{:02}{minute}", local.hour())
}

fn room(space_key: &str) -> String {
    space_key.strip_prefix("room-").unwrap_or(space_key).to_owned()
}

/// The reservation in one of our keys, `pms:PROPERTY:RESERVATION:GUEST:DOORS`.
fn reservation(key: &str) -> String {
    let mut parts = key.split(':');
    if parts.next() != Some("pms") {
        return String::new();
    }
    parts.nth(1).unwrap_or_default().to_owned()
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str().map(|text| text.parse().expect("an instant"))
}

/// Who is one party, by the test's own reading of RULES 12.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    /// Empty is everybody.
    reservations: BTreeSet<String>,
    /// `None` is everywhere.
    room: Option<String>,
}

impl Party {
    pub(crate) fn everywhere(reservations: &[&str]) -> Self {
        Self { reservations: reservations.iter().map(|key| (*key).to_owned()).collect(), room: None }
    }

    pub(crate) fn everybody_in(room: &str) -> Self {
        Self { reservations: BTreeSet::new(), room: Some(room.to_owned()) }
    }

    fn holds(&self, pair: &Pair) -> bool {
        let is_member = |key: &String| self.reservations.is_empty() || self.reservations.contains(key);
        self.room.as_ref().is_none_or(|room| *room == pair.room) && is_member(&pair.a) && is_member(&pair.b)
    }
}

/// Two reservations that can open one room at one time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) room: String,
    pub(crate) a: String,
    pub(crate) b: String,
}

/// One grant, as it was told over the wire.
#[derive(Debug, Clone)]
struct Grant {
    key: String,
    spaces: Vec<String>,
    from: Timestamp,
    until: Option<Timestamp>,
}

/// The grants by their ids, kept up with what goes over the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    grants: BTreeMap<String, Grant>,
    /// The keys of spaces by their ids.
    spaces: BTreeMap<String, String>,
    n_seen: usize,
}

impl Trace {
    /// The same for another sandbox, which has told nothing yet.
    pub(crate) fn forked(&self) -> Self {
        Self { n_seen: 0, ..self.clone() }
    }

    /// Reads what went over the wire since; gives the number of the next exchange.
    pub(crate) fn begin(&mut self, sandbox: &Sandbox) -> usize {
        let exchanges = sandbox.exchanges();
        for exchange in &exchanges[self.n_seen..] {
            self.hear(exchange);
        }
        self.n_seen = exchanges.len();
        self.n_seen
    }

    /// What a run did that began with this exchange.
    pub(crate) fn end(
        &mut self,
        sandbox: &Sandbox,
        first: usize,
        now: Timestamp,
        report: Value,
        parties: &[Party],
        rows: &str,
    ) -> Ran {
        let exchanges = sandbox.exchanges();
        let (mut states, mut calls) = (Vec::new(), Vec::new());
        for exchange in &exchanges[first..] {
            let is_write = self.hear(exchange);
            if let Some(call) = is_write {
                calls.push((exchange.path.clone(), call));
            } else if !calls.is_empty() {
                continue;
            } else {
                // Lists before the first write tell what was there.
                states.clear();
            }
            states.push(self.state());
        }
        if states.is_empty() {
            states.push(self.state());
        }
        self.n_seen = exchanges.len();
        let code = report["exit_code"].as_i64().map_or(-1, |code| i32::try_from(code).expect("small"));
        Ran {
            code,
            report,
            now,
            states,
            calls,
            access: Access::all(&sandbox.snapshot()),
            parties: parties.to_vec(),
            rows: rows.to_owned(),
        }
    }

    fn state(&self) -> Vec<Access> {
        let mut all = Vec::new();
        for grant in self.grants.values() {
            for space in &grant.spaces {
                let key = self.spaces.get(space).unwrap_or(space);
                all.push(Access {
                    room: room(key),
                    reservation: reservation(&grant.key),
                    name: String::new(),
                    from: grant.from,
                    until: grant.until,
                    keys: (String::new(), grant.key.clone()),
                });
            }
        }
        all.sort();
        all
    }

    /// Takes in one exchange; tells the call where it changed something.
    fn hear(&mut self, exchange: &Exchange) -> Option<String> {
        if exchange.status != 200 || exchange.fault == Some(Fault::CutBefore) {
            return None;
        }
        let (request, response) = (&exchange.request, &exchange.response);
        let id = request["access_grant_id"].as_str().unwrap_or_default().to_owned();
        match exchange.path.as_str() {
            "/spaces/list" => {
                for space in list(response, "spaces") {
                    self.name_space(space);
                }
                None
            }
            "/access_grants/list" => {
                for grant in list(response, "access_grants") {
                    self.put(grant);
                }
                None
            }
            "/access_grants/create" => {
                let key = self.put(&response["access_grant"]);
                Some(format!("create {key} {} {}", request["starts_at"], request["ends_at"]))
            }
            "/access_grants/update" => {
                let by_key = |(_, grant): &(&String, &mut Grant)| {
                    request["access_grant_key"].as_str() == Some(grant.key.as_str())
                };
                let grant = if self.grants.contains_key(&id) {
                    self.grants.get_mut(&id)
                } else {
                    self.grants.iter_mut().find(by_key).map(|(_, grant)| grant)
                };
                let grant = grant.expect("it was listed or made");
                if let Some(from) = instant(&request["starts_at"]) {
                    grant.from = from;
                }
                if request.get("ends_at").is_some() {
                    grant.until = instant(&request["ends_at"]);
                }
                Some(format!("update {} {} {}", grant.key, request["starts_at"], request["ends_at"]))
            }
            "/access_grants/delete" => {
                let gone = self.grants.remove(&id).map_or(id, |grant| grant.key);
                Some(format!("delete {gone}"))
            }
            path if ["/list", "/get"].iter().any(|end| path.ends_with(end)) => None,
            path => Some(format!("{path} {request}")),
        }
    }

    fn name_space(&mut self, space: &Value) {
        let text = |name: &str| space[name].as_str().unwrap_or_default().to_owned();
        self.spaces.insert(text("space_id"), text("space_key"));
    }

    fn put(&mut self, grant: &Value) -> String {
        let text = |name: &str| grant[name].as_str().unwrap_or_default().to_owned();
        let spaces = list(grant, "space_ids");
        let key = text("access_grant_key");
        self.grants.insert(
            text("access_grant_id"),
            Grant {
                key: key.clone(),
                spaces: spaces.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                from: instant(&grant["starts_at"]).expect("a start"),
                until: instant(&grant["ends_at"]),
            },
        );
        key
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// What a run did, and who can open what afterwards.
#[derive(Debug)]
pub(crate) struct Ran {
    /// -1 for one that was killed.
    pub(crate) code: i32,
    pub(crate) report: Value,
    pub(crate) now: Timestamp,
    /// Who could open what before the first write, and after each.
    pub(crate) states: Vec<Vec<Access>>,
    /// The writes: the path, and what was asked.
    pub(crate) calls: Vec<(String, String)>,
    /// Who can open what at the end.
    pub(crate) access: Vec<Access>,
    parties: Vec<Party>,
    rows: String,
}

impl Ran {
    /// The exit code.
    #[track_caller]
    pub(crate) fn code(&self, expected: i32) -> &Self {
        assert_eq!(self.code, expected, "the exit code\n{}", self.story());
        self
    }

    /// Who can open which room from when to when: all of it.
    #[track_caller]
    pub(crate) fn opens(&self, expected: &[&str]) -> &Self {
        let told = self.told();
        assert_eq!(told, expected, "who can open what\n{}", self.story());
        self
    }

    /// The same of the rooms that a test is about; rooms from 301 on are those of other guests.
    #[track_caller]
    pub(crate) fn opens_here(&self, expected: &[&str]) -> &Self {
        let told: Vec<String> = self.told().into_iter().filter(|line| !line.starts_with('3')).collect();
        assert_eq!(told, expected, "who can open what\n{}", self.story());
        self
    }

    /// The same without times: room and reservation.
    #[track_caller]
    pub(crate) fn has(&self, expected: &[&str]) -> &Self {
        let told: BTreeSet<String> = self
            .told()
            .iter()
            .filter(|line| !line.starts_with('3'))
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect();
        let expected: BTreeSet<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(told, expected, "who can open what\n{}", self.story());
        self
    }

    /// Who can open which room, one a line.
    pub(crate) fn told(&self) -> Vec<String> {
        self.access.iter().filter_map(|access| access.told(self.now)).collect()
    }

    /// One matter or one held item names all of them, and the room.
    #[track_caller]
    pub(crate) fn names(&self, reservations: &[&str], room: &str) -> &Self {
        let is_named = self.is_named(reservations, room);
        assert!(is_named, "no item names {reservations:?} and {room}\n{}", self.story());
        self
    }

    /// How many matters name all of them, and the room.
    pub(crate) fn n_matters(&self, reservations: &[&str], room: &str) -> usize {
        let names = |text: &&String| is_about(text, reservations, room);
        self.matters().iter().map(matter_text).collect::<Vec<_>>().iter().filter(names).count()
    }

    pub(crate) fn is_named(&self, reservations: &[&str], room: &str) -> bool {
        self.texts().iter().any(|text| is_about(text, reservations, room))
    }

    /// The matters of the report; none where it has no such field.
    pub(crate) fn matters(&self) -> &[Value] {
        list(&self.report, "matters")
    }

    /// The first matter with this code, or what a person reads instead.
    #[track_caller]
    pub(crate) fn matter(&self, code: &str, reservations: &[&str]) -> &Value {
        let is_it = |matter: &&Value| {
            matter["code"] == code && reservations.iter().all(|key| has_word(&matter_text(matter), key))
        };
        let found = self.matters().iter().find(is_it);
        found.unwrap_or_else(|| panic!("no matter `{code}` of {reservations:?}\n{}", self.story()))
    }

    /// One matter names them all and is due by now.
    #[track_caller]
    pub(crate) fn due_now(&self, reservations: &[&str], room: &str) -> &Self {
        let is_it = |matter: &&Value| {
            let deadline = instant(&matter["deadline"]);
            is_about(&matter_text(matter), reservations, room) && deadline.is_some_and(|at| at <= self.now)
        };
        let is_due = self.matters().iter().any(|matter| is_it(&matter));
        assert!(is_due, "no matter due now names {reservations:?} and {room}\n{}", self.story());
        self
    }

    /// What each matter and each held line says.
    pub(crate) fn texts(&self) -> Vec<String> {
        let held = list(&self.report, "items").iter().filter(|item| item["action"] == "hold");
        let held = held.map(|item| {
            let words = ["reservation_key", "reason"].map(|name| item[name].as_str().unwrap_or_default());
            let spaces = ["before", "after"].map(|side| item[side]["space_keys"].to_string());
            format!("{} {}", words.join(" "), spaces.join(" "))
        });
        self.matters().iter().map(matter_text).chain(held).collect()
    }

    /// The held lines: reservation and reason.
    pub(crate) fn held(&self) -> Vec<(String, String)> {
        let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
        let held = list(&self.report, "items").iter().filter(|item| item["action"] == "hold");
        held.map(|item| (text(item, "reservation_key"), text(item, "reason"))).collect()
    }

    /// No write was sent.
    #[track_caller]
    pub(crate) fn does_nothing(&self) -> &Self {
        assert!(self.calls.is_empty(), "something is sent\n{}", self.story());
        self
    }

    /// So many warnings have this code.
    #[track_caller]
    pub(crate) fn warns(&self, code: &str, n: usize) -> &Self {
        let warnings = list(&self.report, "warnings");
        let found = warnings.iter().filter(|warning| warning["code"] == code).count();
        assert_eq!(found, n, "warnings `{code}`\n{}", self.story());
        self
    }

    /// Some warning, matter or held line has all of these words.
    #[track_caller]
    pub(crate) fn says(&self, words: &[&str]) -> &Self {
        let warnings = list(&self.report, "warnings").iter().map(Value::to_string);
        let texts: Vec<String> = self.texts().into_iter().chain(warnings).collect();
        let is_said = texts.iter().any(|text| words.iter().all(|word| text.contains(word)));
        assert!(is_said, "nothing says {words:?}\n{}", self.story());
        self
    }

    /// This reservation opens something at the time of the run, after every call.
    #[track_caller]
    pub(crate) fn never_outside(&self, reservation: &str) -> &Self {
        let outside = self.outside(reservation);
        assert!(outside.is_empty(), "{reservation} is outside after call {outside:?}\n{}", self.story());
        self
    }

    /// The numbers of the calls after which this reservation opens nothing at the time of the run.
    pub(crate) fn outside(&self, reservation: &str) -> Vec<usize> {
        let opens = |state: &&Vec<Access>| {
            state.iter().any(|access| access.reservation == reservation && access.is_open(self.now))
        };
        (0..self.states.len()).filter(|number| !opens(&&self.states[*number])).collect()
    }

    /// The reservations that can open this room at that moment, sorted.
    pub(crate) fn who_opens(&self, room: &str, moment: &str) -> Vec<String> {
        let at = super::hotel_nights::when(moment);
        let opens = |access: &&Access| access.room == room && access.is_open(at);
        let keys: BTreeSet<String> =
            self.access.iter().filter(opens).map(|access| access.reservation.clone()).collect();
        keys.into_iter().collect()
    }

    /// The position of the call that begins so, `create pms::R1:`.
    #[track_caller]
    pub(crate) fn position(&self, call: &str) -> usize {
        let found = self.calls.iter().position(|(_, told)| told.starts_with(call));
        found.unwrap_or_else(|| panic!("no call `{call}`\n{}", self.story()))
    }

    /// The paths of the writes, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.calls.iter().map(|(path, _)| path.clone()).collect()
    }

    /// Every complete command line that the report prints for this program.
    pub(crate) fn commands(&self) -> BTreeSet<String> {
        let mut texts = Vec::new();
        collect_strings(&self.report, &mut texts);
        texts.iter().flat_map(|text| commands_in(text)).collect()
    }

    /// What is asked of every run: no two parties in one room, after any call and at the end, unless the report names
    /// both with the room; nobody new stands beside another in between.
    #[track_caller]
    pub(crate) fn judge(&self) {
        let last = self.pairs(self.states.last().expect("one"));
        for pair in &last {
            let Pair { room, a, b } = pair;
            let is_named = self.is_named(&[a, b], room);
            assert!(is_named, "{a} and {b} open {room}, and no item names both\n{}", self.story());
        }
        self.judge_steps(&last);
    }

    /// The same of what lies between, where these are known and named.
    #[track_caller]
    pub(crate) fn judge_steps(&self, named: &BTreeSet<Pair>) {
        let before = self.pairs(&self.states[0]);
        for (number, state) in self.states.iter().enumerate().skip(1) {
            let new: Vec<Pair> = self
                .pairs(state)
                .into_iter()
                .filter(|pair| !before.contains(pair) && !named.contains(pair))
                .collect();
            assert!(new.is_empty(), "after call {number}: {new:?}\n{}", self.story());
        }
    }

    /// Two parties that can open one room at one time that is not past.
    pub(crate) fn pairs(&self, state: &[Access]) -> BTreeSet<Pair> {
        let ours: Vec<&Access> = state.iter().filter(|access| !access.reservation.is_empty()).collect();
        let mut pairs = BTreeSet::new();
        for (position, one) in ours.iter().enumerate() {
            for other in &ours[position + 1..] {
                let begin = one.from.max(other.from).max(self.now);
                if one.room == other.room
                    && one.reservation != other.reservation
                    && one.is_open(begin)
                    && other.is_open(begin)
                {
                    let mut keys = [one.reservation.clone(), other.reservation.clone()];
                    keys.sort();
                    let [a, b] = keys;
                    let pair = Pair { room: one.room.clone(), a, b };
                    if !self.parties.iter().any(|party| party.holds(&pair)) {
                        pairs.insert(pair);
                    }
                }
            }
        }
        pairs
    }

    /// Everything, to read in a failure.
    pub(crate) fn story(&self) -> String {
        let mut text = format!("--- {} ends with {}\n{}\n", clock(self.now), self.code, self.rows);
        let mut put = |line: String| writeln!(text, "  {line}").expect("a string takes all");
        if !self.report["error"].is_null() {
            put(format!("error {}", self.report["error"]));
        }
        for (number, (_, call)) in self.calls.iter().enumerate() {
            put(format!("call {number}: {call}"));
        }
        for item in list(&self.report, "items") {
            let text = |name: &str| item[name].as_str().unwrap_or_default();
            let (key, action, reason) = (text("key"), text("action"), text("reason"));
            put(format!("{action} {key} {} | {reason}", item["outcome"]));
        }
        for name in ["matters", "warnings", "rejects"] {
            for value in list(&self.report, name) {
                put(format!("{name}: {value}"));
            }
        }
        for guard in list(&self.report, "guards").iter().filter(|guard| guard["tripped"] == true) {
            put(format!("guard {guard}"));
        }
        for line in self.told() {
            put(line);
        }
        text
    }

    /// Tells the night where somebody wants to read it.
    #[expect(clippy::print_stdout, reason = "a person asked for it")]
    pub(crate) fn tell(&self) {
        if Environment::from_process().get("NIGHTS").is_some() {
            println!("{}", self.story());
        }
    }
}

fn collect_strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect_strings(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| collect_strings(value, into)),
        _ => {}
    }
}

/// From `reservation-sync` to the end of the line, or to the backtick that closes it.
fn commands_in(text: &str) -> Vec<String> {
    let begins = text.match_indices("reservation-sync ").map(|(position, _)| position);
    let command = |position: usize| {
        let rest = &text[position..];
        let end = rest.find(['`', '\n']).unwrap_or(rest.len());
        rest[..end].trim_end_matches(['.', ' ', ',', ';']).to_owned()
    };
    begins.map(command).collect()
}

/// The words of a command as a shell takes them.
pub(crate) fn shell_words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut has_word) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match (c, quoted) {
            (c, Some(quote)) if c == quote => quoted = None,
            ('"' | '\'', None) => (quoted, has_word) = (Some(c), true),
            (' ', None) => {
                if has_word {
                    words.push(std::mem::take(&mut word));
                }
                has_word = false;
            }
            (c, _) => {
                word.push(c);
                has_word = true;
            }
        }
    }
    if has_word {
        words.push(word);
    }
    words
}

fn matter_text(matter: &Value) -> String {
    let words = ["property", "reservation_key", "unit", "code", "consequence", "remedy"]
        .map(|name| matter[name].as_str().unwrap_or_default());
    format!("{} {}", words.join(" "), matter["reservations"])
}

fn is_about(text: &str, reservations: &[&str], room: &str) -> bool {
    has_word(text, room) && reservations.iter().all(|key| has_word(text, key))
}

/// Whether a text has a word, and not only as a part of a longer one.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(position, _)| {
        let before = text[..position].chars().next_back();
        let after = text[position + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// Trouble that cuts the answer to the write of that number (from 0) and lets no later write through.
pub(crate) fn cut_after(number: usize, writes: &[String]) -> FaultPlan {
    let n_done = |path: &str| writes[..=number].iter().filter(|other| *other == path).count() as u64;
    let paths: BTreeSet<&str> = writes.iter().map(String::as_str).collect();
    let mut script: Vec<ScriptedFault> = paths
        .into_iter()
        .map(|path| ScriptedFault { path: path.to_owned(), call: n_done(path) + 1, fault: Fault::Latency })
        .collect();
    let path = writes[number].clone();
    script.push(ScriptedFault { call: n_done(&path), path, fault: Fault::CutAfter });
    FaultPlan { script, latency_ms: 300_000, ..FaultPlan::none() }
}

#[test]
fn words_are_found_whole_and_commands_are_split() {
    assert!(has_word("R1 and R2 in room-104", "R1") && has_word("R1 and R2 in room-104", "104"));
    assert!(!has_word("R10 in room-1040", "R1") && !has_word("room-1040", "104"));
    let command = r#"run -c "a b.toml" --allow max_delete=4 --reason """#;
    assert_eq!(shell_words(command), ["run", "-c", "a b.toml", "--allow", "max_delete=4", "--reason", ""]);
    assert_eq!(commands_in("first `reservation-sync run -c x`, then"), ["reservation-sync run -c x"]);
}

//! Trouble on purpose: answers that fail, are cut, come late or are not what they should be.
//!
//! A plan is drawn from a seed, so that a run with the same calls meets the same trouble.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// One kind of trouble. Up to [`Fault::Latency`] the call has no effect or its usual one; the five after it
/// carry the call out and then lose or spoil the answer. All of these pass; [`Fault::Refused`] does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 429 with `Retry-After`; nothing was done.
    Throttled,
    /// 500 in the usual envelope; nothing was done.
    ServerError,
    /// 502 with plain text; nothing was done.
    PlainText,
    /// 503 without a body; nothing was done.
    EmptyBody,
    /// The connection ends without an answer; nothing was done.
    CutBefore,
    /// The call is carried out late.
    Latency,
    /// The connection ends without an answer, but the call was carried out.
    CutAfter,
    /// 502 with plain text, but the call was carried out.
    PlainTextAfter,
    /// 503 without a body, but the call was carried out.
    EmptyBodyAfter,
    /// The call was carried out; its JSON ends in the middle.
    TruncatedJson,
    /// The call was carried out; the connection ends in the middle of the body.
    CutBody,
    /// 400 in the usual envelope, as for a call that is not valid; nothing was done, and asking again is in vain.
    Refused,
}

impl Fault {
    /// Every kind that passes, for plans that want some of each.
    pub const ALL: [Self; 11] = [
        Self::Throttled,
        Self::ServerError,
        Self::PlainText,
        Self::EmptyBody,
        Self::CutBefore,
        Self::Latency,
        Self::CutAfter,
        Self::PlainTextAfter,
        Self::EmptyBodyAfter,
        Self::TruncatedJson,
        Self::CutBody,
    ];
}

/// Which calls meet trouble, and of what kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultPlan {
    /// The same seed and the same calls give the same faults.
    pub seed: u64,
    /// The share of all calls, from 0 to 1, that meets each kind.
    pub rates: BTreeMap<Fault, f64>,
    /// How late a [`Fault::Latency`] is.
    pub latency_ms: u64,
    /// What a [`Fault::Throttled`] has as `Retry-After`.
    pub retry_after_seconds: u32,
    /// Faults for certain calls; they go before the rates.
    pub script: Vec<ScriptedFault>,
}

/// A fault for the `call`th call (from 1) of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedFault {
    pub path: String,
    pub call: u64,
    pub fault: Fault,
}

impl FaultPlan {
    /// No trouble at all.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every kind alike, `rate` of all calls in total.
    pub fn every_kind(seed: u64, rate: f64) -> Self {
        let kinds = Fault::ALL;
        let share = rate / f64::from(u8::try_from(kinds.len()).expect("there are few kinds"));
        Self { seed, rates: kinds.into_iter().map(|fault| (fault, share)).collect(), ..Self::default() }
    }
}

impl Default for FaultPlan {
    fn default() -> Self {
        Self { seed: 0, rates: BTreeMap::new(), latency_ms: 100, retry_after_seconds: 1, script: Vec::new() }
    }
}

/// A plan that is being carried out.
#[derive(Debug)]
pub(crate) struct FaultDraw {
    plan: FaultPlan,
    n_calls: u64,
    n_calls_by_path: HashMap<String, u64>,
}

impl FaultDraw {
    pub(crate) fn new(plan: FaultPlan) -> Self {
        Self { plan, n_calls: 0, n_calls_by_path: HashMap::new() }
    }

    pub(crate) fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// The fault of the next call of this path, if it is to meet one.
    pub(crate) fn draw(&mut self, path: &str) -> Option<Fault> {
        let Self { plan, n_calls, n_calls_by_path } = self;
        *n_calls += 1;
        if !plan.script.is_empty() {
            let n_of_path = n_calls_by_path.entry(path.to_owned()).or_default();
            *n_of_path += 1;
            let scripted = plan.script.iter().find(|step| step.path == path && step.call == *n_of_path);
            if let Some(step) = scripted {
                return Some(step.fault);
            }
        }
        if plan.rates.is_empty() {
            return None;
        }
        let mut drawn = unit_interval(plan.seed ^ n_calls.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        plan.rates.iter().find_map(|(&fault, &rate)| {
            drawn -= rate;
            (drawn < 0.0).then_some(fault)
        })
    }
}

/// `SplitMix64`, mapped to [0, 1).
fn unit_interval(mut bits: u64) -> f64 {
    bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    let high = u32::try_from(bits >> 32).expect("half of the bits");
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_wanted_share_of_calls_meets_trouble_of_every_kind() {
        let mut draw = FaultDraw::new(FaultPlan::every_kind(7, 0.1));
        let mut met: BTreeMap<Fault, u32> = BTreeMap::new();
        for _ in 0..20_000 {
            if let Some(fault) = draw.draw("/access_grants/create") {
                *met.entry(fault).or_default() += 1;
            }
        }
        assert_eq!(met.len(), Fault::ALL.len());
        let total: u32 = met.values().sum();
        assert!((1_800..2_200).contains(&total), "{total} of 20000");
    }

    #[test]
    fn a_script_hits_the_named_call_of_the_named_path_only() {
        let script = vec![ScriptedFault { path: "/b".into(), call: 2, fault: Fault::CutAfter }];
        let mut draw = FaultDraw::new(FaultPlan { script, ..FaultPlan::none() });
        let met: Vec<_> = ["/a", "/b", "/a", "/b", "/b"].into_iter().map(|path| draw.draw(path)).collect();
        assert_eq!(met, [None, None, None, Some(Fault::CutAfter), None]);
    }

    #[test]
    fn the_same_seed_gives_the_same_trouble() {
        let draws = |seed| -> Vec<_> {
            let mut draw = FaultDraw::new(FaultPlan::every_kind(seed, 0.5));
            (0..100).map(|_| draw.draw("/a")).collect()
        };
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }
}

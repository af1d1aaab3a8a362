//! Ids that follow from what came before, so that a rehearsal can be repeated to the letter.

use uuid::{Builder, Uuid};

/// The id of the `n`th thing that a workspace makes.
pub(crate) fn minted(workspace_id: Uuid, n: u64) -> Uuid {
    let mut hasher = blake3::Hasher::new();
    hasher.update(workspace_id.as_bytes());
    hasher.update(&n.to_le_bytes());
    as_uuid(&hasher.finalize())
}

/// The id of a thing that a seed names but gives no id for.
pub(crate) fn named(kind: &str, name: &str) -> Uuid {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_bytes());
    hasher.update(&[0]);
    hasher.update(name.as_bytes());
    as_uuid(&hasher.finalize())
}

fn as_uuid(hash: &blake3::Hash) -> Uuid {
    let bytes: [u8; 16] = hash.as_bytes()[..16].try_into().expect("a hash has 32 bytes");
    Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_has_the_same_id_and_no_other() {
        let workspace_id = named("workspace", "sandbox");
        assert_eq!(minted(workspace_id, 7), minted(workspace_id, 7));
        assert_ne!(minted(workspace_id, 7), minted(workspace_id, 8));
        assert_ne!(named("space", "a"), named("device", "a"));
        assert_eq!(minted(workspace_id, 7).get_version_num(), 4);
    }
}

//! Files that only their owner may read: they hold what guests told, or codes.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Read and write for the owner, nothing for others.
pub const OWNER_ONLY: u32 = 0o600;

/// Takes from others what they may do with a file that is there, and says so.
pub fn narrow(path: &Path) {
    // A link may lead to a file that is not ours to change.
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    let mode = metadata.permissions().mode() & 0o7777;
    let narrow = mode & !0o077;
    if !metadata.is_file() || mode == narrow {
        return;
    }
    let file = path.display();
    match fs::set_permissions(path, Permissions::from_mode(narrow)) {
        Ok(()) => tracing::warn!(
            "others could use `{file}` (mode {mode:03o}); it is for its owner only now, because it holds what is \
             known of guests"
        ),
        Err(error) => tracing::warn!(
            "others can use `{file}` (mode {mode:03o}), which holds what is known of guests, and that cannot be \
             changed: {error}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn narrow_takes_the_bits_of_others_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "").expect("it can be written");
        symlink(&path, &link).expect("a link");
        let mode = || fs::metadata(&path).expect("it is there").permissions().mode() & 0o7777;
        for (before, after) in
            [(0o644, 0o600), (0o666, 0o600), (0o440, 0o400), (0o600, 0o600), (0o640, 0o600)]
        {
            fs::set_permissions(&path, Permissions::from_mode(before)).expect("it is ours");
            narrow(&link);
            assert_eq!(mode(), before);
            narrow(&path);
            assert_eq!(mode(), after, "{before:o}");
        }
        narrow(&folder.path().join("missing"));
        narrow(folder.path());
        assert_ne!(fs::metadata(folder.path()).expect("it is there").permissions().mode() & 0o100, 0);
    }
}

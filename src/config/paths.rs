//! Paths of the file, which start from the folder that the file lies in.

use std::path::{Path, PathBuf};

/// The folder after the `..` that a relative path begins with, and the rest of the path: so that people read where a
/// thing lies, and not how the file came to it. The folder must be free of links and `..` itself.
pub(super) fn split(folder: &Path, path: &str) -> (PathBuf, String) {
    let mut folder = folder.to_owned();
    let mut rest = path;
    loop {
        if let Some(after) = rest.strip_prefix("./") {
            rest = after.trim_start_matches('/');
        } else if let Some(after) = rest.strip_prefix("../") {
            // Above the root there is only the root.
            folder.pop();
            rest = after.trim_start_matches('/');
        } else {
            return (folder, rest.to_owned());
        }
    }
}

/// The path of a file.
pub(super) fn join(folder: &Path, path: &str) -> PathBuf {
    let (folder, path) = split(folder, path);
    folder.join(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_shows_where_a_thing_lies() {
        for (path, expected) in [
            ("sandbox.json", "/srv/hotel/config/sandbox.json"),
            ("./sandbox.json", "/srv/hotel/config/sandbox.json"),
            ("../target/demo/x.db", "/srv/hotel/target/demo/x.db"),
            (".././../x.db", "/srv/x.db"),
            ("../../../../../x.db", "/x.db"),
            ("/var/lib/x.db", "/var/lib/x.db"),
            // What a link in the middle leads to is for the system to say.
            ("exports/../x.db", "/srv/hotel/config/exports/../x.db"),
            ("..x.db", "/srv/hotel/config/..x.db"),
        ] {
            assert_eq!(join(Path::new("/srv/hotel/config"), path), Path::new(expected), "{path}");
        }
    }
}

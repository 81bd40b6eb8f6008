//! Whether a site's network library is at work.

use rightlane_facts::{SampleFrame, Site};

/// Whether one of the frames, which the site has called, is in the library that its sockets come
/// from: a file `urllib/request.py`, or one in a folder `requests`.
pub(super) fn is_under_way(site: &Site, frames: &[SampleFrame]) -> bool {
    site.calls
        .iter()
        .filter_map(|call| call.sockets.library.as_deref())
        .any(|library| frames.iter().any(|frame| is_of(library, &frame.file)))
}

fn is_of(library: &str, file: &str) -> bool {
    let path = format!("/{}", library.replace('.', "/"));
    file.match_indices(&path).any(|(at, _)| {
        matches!(&file[at + path.len()..], ".py" | ".pyc")
            || file[at + path.len()..].starts_with('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_a_file_or_a_folder_of_that_name() {
        for (library, file) in [
            ("urllib.request", "/usr/lib/python3.13/urllib/request.py"),
            ("requests", "/venv/site-packages/requests/api.py"),
            ("http.client", "/usr/lib/python3.13/http/client.py"),
        ] {
            assert!(is_of(library, file));
        }
        for (library, file) in [
            ("requests", "/home/requests.d/main.py"),
            ("requests", "/home/old_requests/main.py"),
            ("urllib.request", "/usr/lib/python3.13/urllib/parse.py"),
            ("http.client", "/usr/lib/python3.13/http/clients.py"),
        ] {
            assert!(!is_of(library, file), "{file}");
        }
    }
}

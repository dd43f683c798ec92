//! Where a file stands, as a path.

use chat::{FileKey, FileName};
use kernel::{AttachmentId, SupportRequestId};

/// Under which all files stand.
pub(crate) const ROOT: &str = "tickets";

/// The file under [`ROOT`] that names the installation whose files these are.
pub(crate) const OWNER: &str = ".installation";

/// `tickets/{support_request}/{attachment}/{file_name}`.
pub(crate) fn path(key: &FileKey) -> String {
    format!("{ROOT}/{}/{}/{}", key.support_request, key.attachment, key.file_name)
}

/// The file at a path; `None` for a path that is none of ours.
pub(crate) fn parse(path: &str) -> Option<FileKey> {
    let mut words = path.split('/');
    if words.next() != Some(ROOT) {
        return None;
    }
    let support_request: SupportRequestId = words.next()?.parse().ok()?;
    let attachment: AttachmentId = words.next()?.parse().ok()?;
    let name = words.next()?;
    let file_name = FileName::clean(name);
    let is_ours = words.next().is_none() && file_name.as_str() == name;
    is_ours.then_some(FileKey { support_request, attachment, file_name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_back() {
        let id = "019b2b5e-8f4a-7c3e-9d21-5f6a7b8c9d0e";
        let key = FileKey {
            support_request: id.parse().unwrap(),
            attachment: id.parse().unwrap(),
            file_name: FileName::clean("reçu n° 4 %2F.pdf"),
        };
        assert_eq!(parse(&path(&key)), Some(key));
        for other in
            ["tickets", "x/y/z", "tickets/a/b/c", &format!("tickets/{id}/{id}/a/b"), &format!("tickets/{id}/{id}/..")]
        {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}

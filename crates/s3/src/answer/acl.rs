//! What is answered about grants where there are no access control lists.

use super::Owner;
use crate::xml::{Piece, Writer};

/// The access control list of a bucket or object whose owner alone has a grant.
#[must_use]
pub fn owners_acl(owner: Owner<'_>) -> String {
    let mut pieces = Vec::new();
    open(&mut pieces, "AccessControlPolicy", None);
    open(&mut pieces, "Owner", None);
    leaf(&mut pieces, "ID", owner.id);
    leaf(&mut pieces, "DisplayName", owner.display_name);
    pieces.push(Piece::Close);
    open(&mut pieces, "AccessControlList", None);
    open(&mut pieces, "Grant", None);
    open(&mut pieces, "Grantee", Some("CanonicalUser"));
    leaf(&mut pieces, "ID", owner.id);
    leaf(&mut pieces, "DisplayName", owner.display_name);
    pieces.push(Piece::Close);
    leaf(&mut pieces, "Permission", "FULL_CONTROL");
    pieces.extend([Piece::Close, Piece::Close, Piece::Close]);
    Writer::pieces("AccessControlPolicy", &pieces)
}

fn open(pieces: &mut Vec<Piece>, name: &str, kind: Option<&str>) {
    pieces.push(Piece::Open(name.to_owned(), kind.map(str::to_owned)));
}

fn leaf(pieces: &mut Vec<Piece>, name: &str, text: &str) {
    open(pieces, name, None);
    pieces.extend([Piece::Text(text.to_owned()), Piece::Close]);
}

/// The answer to GetBucketPolicyStatus.
#[must_use]
pub fn policy_status(public: bool) -> String {
    let mut writer = Writer::document("PolicyStatus");
    writer.leaf("IsPublic", if public { "true" } else { "false" });
    writer.close("PolicyStatus");
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_alone_has_a_grant() {
        let xml = owners_acl(Owner { id: "a&b", display_name: "n" });
        assert!(xml.ends_with(
            "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>a&amp;b</ID>\
             <DisplayName>n</DisplayName></Owner><AccessControlList><Grant><Grantee \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>a&amp;b</ID>\
             <DisplayName>n</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>\
             </AccessControlList></AccessControlPolicy>"
        ));
    }
}

use super::*;

#[test]
fn every_operation_has_one_row() {
    assert_eq!(OperationKind::ALL.len(), 113);
    assert_eq!(specs().count(), OperationKind::ALL.len());
    for kind in OperationKind::ALL {
        assert_eq!(kind.spec().map(|spec| spec.kind), Some(*kind));
    }
}

#[test]
fn operations_are_found_by_their_names() {
    for kind in OperationKind::ALL {
        assert_eq!(OperationKind::parse(kind.name()), Some(*kind));
    }
    for none in ["", "getobject", "GetObject ", "GetBucketLifecycle"] {
        assert_eq!(OperationKind::parse(none), None, "{none}");
    }
}

#[test]
fn only_what_no_store_can_do_is_not_forwarded() {
    let all = OperationKind::ALL.iter().filter(|kind| kind.unsupported().is_some());
    let names: Vec<_> = all.map(|kind| kind.name()).collect();
    let expected =
        ["CreateSession", "ListDirectoryBuckets", "RenameObject", "WriteGetObjectResponse"];
    assert_eq!(names, expected);
}

#[test]
fn every_document_has_a_reader() {
    for kind in OperationKind::ALL {
        if matches!(kind.body(), BodyRule::Document { .. }) {
            let read = crate::Document::parse(*kind, b"<nonsense/>");
            assert_ne!(read, Err(crate::document::DocumentError::NoDocument), "{kind:?}");
        }
    }
}

#[test]
fn a10_every_name_of_the_table_is_in_the_allow_list() {
    for spec in specs() {
        assert!(spec.subresource.is_none_or(|name| SUBRESOURCES.contains(&name)), "{spec:?}");
        for name in
            spec.required.iter().chain(spec.optional).chain(spec.fixed.iter().map(|(name, _)| name))
        {
            assert!(
                PARAMETERS.contains(name) || spec.subresource == Some(name),
                "{:?}: {name}",
                spec.kind
            );
        }
        for name in spec.headers.iter().copied().flatten() {
            assert_eq!(*name, name.to_ascii_lowercase(), "{:?}", spec.kind);
        }
    }
    let of_rgw = ["allow-unordered", "read-stats", "usage"];
    assert_eq!(SUBRESOURCES.len() + PARAMETERS.len() - of_rgw.len(), 72);
    assert!(SUBRESOURCES.iter().all(|name| !PARAMETERS.contains(name)));
}

#[test]
fn a10_rows_of_one_shape_differ_in_what_they_require() {
    let rows: Vec<_> = specs().collect();
    for (at, a) in rows.iter().enumerate() {
        for b in &rows[at + 1..] {
            let same_shape = (a.verb, a.level, a.subresource) == (b.verb, b.level, b.subresource);
            assert!(
                !same_shape || (a.required, a.copies) != (b.required, b.copies),
                "{:?} {:?}",
                a.kind,
                b.kind
            );
        }
    }
}

#[test]
fn document_limits() {
    assert_eq!(OperationKind::DeleteObjects.body(), BodyRule::Document { limit: 8 << 20 });
    assert_eq!(
        OperationKind::CompleteMultipartUpload.body(),
        BodyRule::Document { limit: 4 << 20 }
    );
    assert_eq!(OperationKind::CreateBucket.body(), BodyRule::Document { limit: 1 << 20 });
    assert_eq!(OperationKind::PutObject.body(), BodyRule::Streamed);
    assert_eq!(OperationKind::CopyObject.body(), BodyRule::None);
}

#[test]
fn copies_have_patience() {
    for kind in ["CopyObject", "UploadPartCopy", "CompleteMultipartUpload"] {
        let kind = OperationKind::ALL.iter().find(|k| k.name() == kind).unwrap();
        assert_eq!(kind.patience(), Patience::Copy);
    }
    assert_eq!(OperationKind::ListObjectsV2.patience(), Patience::Listing);
    assert_eq!(OperationKind::GetObject.patience(), Patience::Short);
}

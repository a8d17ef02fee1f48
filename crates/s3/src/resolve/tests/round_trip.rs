//! The store sees exactly the operation that was authorised: what goes out resolves to what came
//! in.

use proptest::prelude::*;
use proptest::sample::select;

use crate::addressing::HostStyle;
use crate::operation::{OperationKind, Spec, specs};
use crate::query::Presigned;
use crate::requirement::Facts;
use crate::resolve::{Addressing, Operation, Outgoing, RawRequest, resolve};
use crate::vectors::{Request, lines};

fn resolve_outgoing(outgoing: &Outgoing, host: HostStyle) -> Operation {
    let raw = RawRequest {
        method: &outgoing.method,
        path: &outgoing.path,
        query: &outgoing.query,
        headers: &outgoing.headers,
        host,
        presigned: Presigned::No,
        harmless: &[],
    };
    resolve(&raw).unwrap_or_else(|e| panic!("{outgoing:?}: {e}"))
}

/// Everything that a decision or a store can see.
fn seen(operation: &Operation) -> String {
    let requirements = operation.requirements(&Facts::default(), None);
    let requirements: Vec<_> = requirements
        .iter()
        .map(|requirement| {
            let mut context: Vec<_> =
                requirement.context.iter().map(|(k, v)| format!("{k}={v:?}")).collect();
            context.sort();
            format!("{} {} {context:?}", requirement.action, requirement.resource)
        })
        .collect();
    let outgoing = operation.outgoing(Addressing::Path);
    let mut headers: Vec<_> = outgoing.headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
    headers.sort();
    format!(
        "{:?} {:?} {} {} {headers:?} {:?} {requirements:?}",
        operation.kind(),
        operation.target(),
        outgoing.path,
        outgoing.query,
        operation.copy_source(),
    )
}

fn check(operation: &Operation) {
    let expected = seen(operation);
    let path = operation.outgoing(Addressing::Path);
    assert_eq!(seen(&resolve_outgoing(&path, HostStyle::Path)), expected);
    if let Some(bucket) = operation.bucket() {
        let virtual_host = operation.outgoing(Addressing::Virtual);
        let host = HostStyle::Virtual(bucket.clone());
        assert_eq!(seen(&resolve_outgoing(&virtual_host, host)), expected);
    }
}

#[test]
fn a10_vectors_survive_the_way_to_the_store() {
    let mut seen = 0;
    for file in [
        "s3-requests.jsonl",
        "s3-requests-extra.jsonl",
        "s3-adversarial.jsonl",
        "s3-iam-cases.jsonl",
    ] {
        for line in lines(file) {
            if let Ok(operation) = resolve(&line.request().raw())
                && operation.kind() != OperationKind::PostObject
            {
                check(&operation);
                seen += 1;
            }
        }
    }
    assert!(seen > 450, "{seen}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9/+%.;&=? -]{1,12}",
        "\\PC{1,8}",
        Just("..".to_owned()),
        Just("//".to_owned())
    ]
}

fn value(name: &'static str) -> BoxedStrategy<String> {
    match name {
        "versionId" | "uploadId" => "[!-~]{1,10}".boxed(),
        "partNumber" | "max-buckets" => (1..=10_000_u32).prop_map(|n| n.to_string()).boxed(),
        "max-keys"
        | "max-parts"
        | "max-uploads"
        | "part-number-marker"
        | "max-annotation-results" => (0..=i32::MAX).prop_map(|n| n.to_string()).boxed(),
        "encoding-type" => Just("url".to_owned()).boxed(),
        _ => text().boxed(),
    }
}

fn header(name: &'static str) -> BoxedStrategy<(String, String)> {
    let value = match name {
        "x-amz-bypass-governance-retention" | "x-amz-bucket-object-lock-enabled" => {
            select(vec!["true", "false", "TRUE"]).prop_map(str::to_owned).boxed()
        }
        "x-amz-object-lock-event-hold-duration-days"
        | "x-amz-object-lock-event-hold-duration-years" => {
            (1..=100_u32).prop_map(|n| n.to_string()).boxed()
        }
        "x-amz-object-lock-retain-until-date" => Just("2030-01-01T00:00:00Z".to_owned()).boxed(),
        "x-amz-tagging" => select(vec!["a=b", "a%3D=+&c=", ""]).prop_map(str::to_owned).boxed(),
        _ => match crate::words::HEADERS.iter().find(|(closed, _)| *closed == name) {
            Some((_, words)) => select(words.to_vec()).prop_map(str::to_owned).boxed(),
            None => "[!-~]([ -~]{0,10}[!-~])?".boxed(),
        },
    };
    let name = if name.ends_with('-') { format!("{name}a") } else { name.to_owned() };
    value.prop_map(move |value| (name.clone(), value)).boxed()
}

fn requests() -> impl Strategy<Value = Request> {
    // A form goes on as another operation: see `resolve_form`.
    let forwarded: Vec<&'static Spec> = specs()
        .filter(|spec| spec.unsupported.is_none() && spec.kind != OperationKind::PostObject)
        .collect();
    (select(forwarded), text(), text()).prop_flat_map(|(spec, key, source)| {
        let optional: Vec<_> =
            spec.optional.iter().map(|name| proptest::option::of(value(name))).collect();
        let required: Vec<_> = spec.required.iter().map(|name| value(name)).collect();
        let names: Vec<_> = spec.headers.iter().copied().flatten().copied().collect();
        let headers: Vec<_> =
            names.into_iter().map(|name| proptest::option::weighted(0.2, header(name))).collect();
        (optional, required, headers).prop_map(move |(optional, required, headers)| {
            request(
                spec,
                &key,
                &source,
                optional,
                required,
                headers.into_iter().flatten().collect(),
            )
        })
    })
}

fn request(
    spec: &'static Spec,
    key: &str,
    source: &str,
    optional: Vec<Option<String>>,
    required: Vec<String>,
    mut headers: Vec<(String, String)>,
) -> Request {
    use crate::encoding::{encode_path, encode_query};
    use crate::operation::Level;
    let path = match spec.level {
        Level::Object => format!("/abc/{}", encode_path(key)),
        Level::Bucket => "/abc".to_owned(),
        Level::Service | Level::ObjectLambda => "/".to_owned(),
    };
    let mut query = Vec::new();
    let in_fixed = |name: &&str| spec.fixed.is_some_and(|(fixed, _)| fixed == *name);
    query.extend(spec.subresource.filter(|name| !in_fixed(name)).map(str::to_owned));
    query.extend(spec.fixed.map(|(name, value)| format!("{name}={value}")));
    let optional =
        spec.optional.iter().zip(optional).filter_map(|(name, value)| Some((name, value?)));
    for (name, value) in spec.required.iter().zip(required).chain(optional) {
        query.push(format!("{name}={}", encode_query(&value)));
    }
    if spec.copies {
        headers.push(("x-amz-copy-source".to_owned(), format!("src/{}", encode_path(source))));
    }
    let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    Request::new(spec.verb.method().as_str(), &path, &query.join("&"), &headers)
}

proptest! {
    #[test]
    fn a10_every_operation_survives_the_way_to_the_store(request in requests()) {
        let operation = resolve(&request.raw());
        prop_assert!(operation.is_ok(), "{:?}", operation.err());
        check(&operation.unwrap());
    }

    #[test]
    fn arbitrary_requests_never_panic(
        method in "GET|PUT|POST|DELETE|HEAD",
        path in "/?[a-c/%0-9.+\\PC]{0,20}",
        query in "([a-zA-Z-]{0,12}(=[a-z0-9%+]{0,6})?&?){0,6}",
        name in "x-amz-[a-z-]{0,20}",
        value in "[ -~\u{80}-\u{ff}]{0,20}",
    ) {
        let request = Request::new(&method, &path, &query, &[(&name, value.trim())]);
        for presigned in [Presigned::No, Presigned::V4, Presigned::HmacV1] {
            let mut raw = request.raw();
            raw.presigned = presigned;
            if let Ok(operation) = resolve(&raw) {
                check(&operation);
            }
        }
    }
}

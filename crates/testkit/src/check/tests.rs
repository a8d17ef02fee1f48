use super::*;

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    Response {
        status,
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        head: headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect::<String>().into_bytes(),
        body: body.as_bytes().to_vec(),
        trailers: Vec::new(),
        interim: Vec::new(),
        ended: Ended::Whole,
    }
}

const ID: (&str, &str) = ("x-amz-request-id", "7");
const DENIED: &str = "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>no &amp; \
                      no</Message><RequestId>7</RequestId></Error>";

fn s3(response: &Response) -> String {
    check_response(
        Service::S3,
        "GET",
        response,
        &[],
        &Secrets::new().with("key", "abcdefghijklmnop"),
    )
}

#[test]
fn a_good_answer_gives_its_request_id() {
    let good = response(200, &[ID, ("ETag", "\"1\""), ("x-amz-meta-a", "b")], "payload");
    assert_eq!(s3(&good), "7");
    assert_eq!(s3(&response(403, &[ID], DENIED)), "7");
    let sts = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
               <Code>ExpiredTokenException</Code><Message>m</Message></Error><RequestId>7</RequestId>\
               </ErrorResponse>";
    let sts = response(400, &[("x-amzn-RequestId", "7")], sts);
    assert_eq!(check_response(Service::Sts, "POST", &sts, &[], &Secrets::new()), "7");
}

#[test]
fn everything_else_fails() {
    let failing = [
        response(200, &[], ""),
        response(200, &[ID, ("x-amz-id-3", "leak")], ""),
        response(200, &[ID, ("etag", "1"), ("ETag", "2")], ""),
        response(307, &[ID, ("location", "http://elsewhere/")], ""),
        response(403, &[ID], ""),
        response(403, &[ID], &DENIED.replace(">7<", ">8<")),
        response(403, &[ID], &DENIED.replace("</Error>", "")),
        response(403, &[ID], &DENIED.replace("<Code>AccessDenied</Code>", "")),
        response(403, &[ID], &DENIED.replace("&amp;", "&evil;")),
        response(403, &[ID], &format!("<!DOCTYPE x>{DENIED}")),
        response(200, &[ID], "abcdefghijklmnop"),
        response(200, &[ID, ("x-amz-meta-a", "abcdefghijklmnop")], ""),
    ];
    for bad in failing {
        let checked = std::panic::catch_unwind(|| s3(&bad));
        assert!(checked.is_err(), "{bad:?}");
    }
}

use super::*;

fn uri(text: &str) -> Uri {
    text.parse().unwrap()
}

#[test]
fn only_absolute_http_urls_without_secrets_are_taken() {
    for good in ["https://a", "http://127.0.0.1:1/x?y=z", "https://[::1]:8443/keys"] {
        assert!(parse_url(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "/keys",
        "a.example/keys",
        "ftp://a/",
        "file:///etc/passwd",
        "https://",
        "https://a/#b",
    ] {
        assert!(parse_url(bad).is_err(), "{bad}");
    }
    for secret in ["https://user:hunter2@a/", "ftp://a/?key=hunter2", "https://hunter2@a/#b"] {
        let error = parse_url(secret).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    assert_eq!(shown(&uri("https://a:1/b?key=hunter2")), "https://a:1/b");
    let long = parse_url(&format!("x\n{}", "y".repeat(10_000))).unwrap_err().to_string();
    assert!(long.len() < 400 && !long.contains('\n'), "{long}");
}

#[test]
fn loopback_is_an_address_or_localhost() {
    for here in ["http://127.0.0.1", "http://127.9.9.9:80/", "http://[::1]:1/", "http://LOCALHOST/"]
    {
        assert!(is_loopback(&uri(here)), "{here}");
    }
    for away in [
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://localhost.example.org",
        "http://[::]/",
        "http://127.0.0.1.example.org/",
        "http://localhost./",
    ] {
        assert!(!is_loopback(&uri(away)), "{away}");
    }
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let base = uri("https://k8s.example/x");
    for same in ["https://k8s.example:443/", "https://K8S.example/y?z"] {
        assert!(same_origin(&base, &uri(same)), "{same}");
    }
    for other in ["http://k8s.example/", "https://k8s.example:6443/", "https://k8s.example.org/"] {
        assert!(!same_origin(&base, &uri(other)), "{other}");
    }
}

#[test]
fn max_age_is_what_is_left_of_it() {
    let of = |lines: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        max_age(&headers).map(|age| age.as_secs())
    };
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[("cache-control", "public, Max-Age=600, must-revalidate")]), Some(600));
    assert_eq!(of(&[("cache-control", "max-age=600"), ("age", "500")]), Some(100));
    assert_eq!(of(&[("cache-control", "max-age=6"), ("age", "500")]), Some(0));
    assert_eq!(of(&[("cache-control", "max-age=600"), ("cache-control", "no-cache")]), None);
    for odd in
        ["max-age", "max-age=-1", "max-age=x", "max-age=99999999999999999999999", "x-max-age=5"]
    {
        assert_eq!(of(&[("cache-control", odd)]), None, "{odd}");
    }
}

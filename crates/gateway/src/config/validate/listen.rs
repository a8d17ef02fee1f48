//! Listeners, their certificate and guard, and the log.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::{Check, section};
use crate::config::Startup;
use crate::config::error::Place;
use crate::config::limits::Limits;
use crate::config::listen::{
    AdminAddress, AdminGuard, AdminListen, Listen, Log, LogFormat, Reload,
};
use crate::config::pem::{self, TlsFiles};
use crate::config::raw::{RawAdmin, RawConfig, RawListen, RawLog, RawReload, RawTls};
use crate::config::secret::{self, SecretText};
use crate::config::shape::{Field, Value};

pub(super) fn startup(raw: &RawConfig, limits: Limits, check: &mut Check<'_>) -> Option<Startup> {
    let log = section(&raw.log, |log| read_log(log, check));
    let reload = section(&raw.reload, |reload| read_reload(reload, check));
    if raw.listen.is_bad() {
        return None;
    }
    let place = raw.listen.get().map_or(Place::absent("listen"), |found| found.place.clone());
    let default = RawListen::default();
    let listen = raw.listen.get().map_or(&default, |found| &found.value);
    if !listen.s3.is_written() && !listen.sts.is_written() {
        check.findings.mistake(&place, "needs `s3`, `sts` or both: an address to listen on");
    }
    let s3 = optional(&listen.s3, |text| address(text, check));
    let sts = optional(&listen.sts, |text| address(text, check));
    let tls = optional(&listen.tls, |tls| read_tls(tls, check));
    let guard = guard(&raw.admin, check);
    let has_tls = listen.tls.is_written();
    let admin = optional(&listen.admin, |text| admin_address(text, check));
    let admin = match (admin, guard, listen.admin.get()) {
        (Some(Some(address)), Some(guard), Some(text)) => {
            let [s3, sts] = [&s3, &sts].map(|address| address.flatten());
            admin_listen(text, address, guard, [s3, sts], has_tls, check).map(Some)
        }
        (Some(None), Some(guard), _) => {
            admin_without_address(&guard, raw, check);
            Some(None)
        }
        (Some(Some(_)) | None, Some(_), None) | (_, None, _) | (None, Some(_), Some(_)) => None,
    };
    // Where a proxy is configured, it may be what speaks TLS.
    if !has_tls && raw.trusted_proxies.items().is_empty() {
        warn_plain(listen, [s3.flatten(), sts.flatten()], check);
    }
    Some(Startup {
        listen: Listen { s3: s3?, sts: sts?, admin: admin? },
        tls: tls?,
        limits,
        log: log?,
        reload: reload?,
    })
}

fn read_reload(raw: &RawReload, check: &mut Check<'_>) -> Option<Reload> {
    const DEFAULT: Duration = Duration::from_secs(60);
    let interval = raw.interval.or(DEFAULT);
    // All files are read each time.
    if interval < Duration::from_secs(1) {
        if let Some(found) = raw.interval.get() {
            check.findings.mistake(&found.place, "must be one second at least");
        }
        return None;
    }
    Some(Reload { watch: raw.watch.or(true), interval })
}

/// None: broken; Some(None): not written.
#[expect(clippy::option_option, reason = "not written and broken are two things")]
fn optional<R, T>(
    field: &Field<R>,
    read: impl FnOnce(&Value<R>) -> Option<T>,
) -> Option<Option<T>> {
    match field {
        Field::Absent => Some(None),
        Field::Bad => None,
        Field::Set(value) => Some(Some(read(value)?)),
    }
}

fn address(text: &Value<String>, check: &mut Check<'_>) -> Option<SocketAddr> {
    check.parse(text, |text| {
        text.parse::<SocketAddr>().map_err(|_| {
            let port = text.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok());
            let port = port.unwrap_or("8443");
            format!(
                "must be an IP address with a port, such as `0.0.0.0:{port}` or `127.0.0.1:{port}`"
            )
        })
    })
}

fn admin_address(text: &Value<String>, check: &mut Check<'_>) -> Option<AdminAddress> {
    let Some(path) = text.value.strip_prefix("unix:") else {
        return address(text, check).map(AdminAddress::Tcp);
    };
    if !path.starts_with('/') {
        check.findings.mistake(
            &text.place,
            "must be a whole path after `unix:`, such as `unix:/run/fakes3pp.sock`",
        );
        return None;
    }
    Some(AdminAddress::Unix(Path::new(path).to_owned()))
}

/// What guards the admin listener; None if that is broken.
fn guard(field: &Field<RawAdmin>, check: &mut Check<'_>) -> Option<AdminGuard> {
    if field.is_bad() {
        return None;
    }
    let Some(admin) = field.get() else {
        return Some(AdminGuard::None);
    };
    let token = optional(&admin.value.bearer_token_file, |file| bearer_token(file, check));
    let ca = optional(&admin.value.client_ca_file, |file| {
        pem::ca_bundle(file, &check.sources, &mut check.findings)
    });
    match (token?, ca?) {
        (None, None) => Some(AdminGuard::None),
        (Some(token), None) => Some(AdminGuard::BearerToken(token)),
        (None, Some(ca)) => Some(AdminGuard::ClientCertificate(ca)),
        (Some(_), Some(_)) => {
            let message = "has both `bearer_token_file` and `client_ca_file`: keep one of them";
            check.findings.mistake(&admin.place, message);
            None
        }
    }
}

/// The shortest token that is taken: 16 characters of base64 are 96 bits.
const LEAST_TOKEN: usize = 16;

fn bearer_token(file: &Value<String>, check: &mut Check<'_>) -> Option<SecretText> {
    let token = secret::from_file(file, &check.sources, &mut check.findings)?;
    let visible = token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if token.expose().len() < LEAST_TOKEN || !visible {
        let message = format!(
            "`{}` must hold a token of {LEAST_TOKEN} or more visible ASCII characters",
            file.value
        );
        check.findings.mistake(&file.place, message);
        return None;
    }
    Some(token)
}

fn admin_listen(
    text: &Value<String>,
    address: AdminAddress,
    guard: AdminGuard,
    others: [Option<SocketAddr>; 2],
    has_tls: bool,
    check: &mut Check<'_>,
) -> Option<AdminListen> {
    let by_certificate = matches!(guard, AdminGuard::ClientCertificate(_));
    let open = matches!(guard, AdminGuard::None);
    let local = match &address {
        AdminAddress::Unix(_) => true,
        AdminAddress::Tcp(address) => address.ip().is_loopback(),
    };
    let before = check.findings.mistakes().len();
    if open && !local {
        check.findings.mistake(
            &text.place,
            "can be reached from other hosts and nothing guards it: use `127.0.0.1` or `unix:/path`, \
             or set `admin.bearer_token_file` or `admin.client_ca_file`",
        );
    }
    if by_certificate && !has_tls {
        let message = "needs `listen.tls`: client certificates are part of TLS";
        check.findings.mistake(&Place::absent("admin.client_ca_file"), message);
    }
    if by_certificate && matches!(address, AdminAddress::Unix(_)) {
        let message = "a unix socket speaks no TLS: guard it by the rights of its folder, or by `admin.bearer_token_file`";
        check.findings.mistake(&text.place, message);
    }
    if let AdminAddress::Tcp(address) = &address
        && others.contains(&Some(*address))
        && address.port() != 0
    {
        let message =
            "is also where clients connect: the admin listener needs an address of its own";
        check.findings.mistake(&text.place, message);
    }
    let tls = has_tls && (by_certificate || !local);
    if !open && !local && !tls {
        let message = "receives its bearer token in the clear: set `listen.tls`";
        check.findings.warn(&text.place, message);
    }
    (check.findings.mistakes().len() == before).then_some(AdminListen { address, guard, tls })
}

fn admin_without_address(guard: &AdminGuard, raw: &RawConfig, check: &mut Check<'_>) {
    if let (false, Some(admin)) = (matches!(guard, AdminGuard::None), raw.admin.get()) {
        let message = "guards nothing: set `listen.admin` too";
        check.findings.warn(&admin.place, message);
    }
}

fn read_tls(tls: &Value<RawTls>, check: &mut Check<'_>) -> Option<TlsFiles> {
    let advice = "a PEM file";
    let cert = tls.value.cert.required(&tls.place, "cert", advice, &mut check.findings);
    let key = tls.value.key.required(&tls.place, "key", advice, &mut check.findings);
    pem::tls_files(cert?, key?, &check.sources, &mut check.findings)
}

fn warn_plain(listen: &RawListen, addresses: [Option<SocketAddr>; 2], check: &mut Check<'_>) {
    for (address, field) in addresses.iter().zip([&listen.s3, &listen.sts]) {
        if let (Some(address), Some(text)) = (address, field.get())
            && !address.ip().is_loopback()
        {
            let message = "is plain HTTP: tokens, keys and objects cross the network in the clear unless something in front speaks TLS; see `listen.tls`";
            check.findings.warn(&text.place, message);
        }
    }
}

fn read_log(log: &RawLog, check: &mut Check<'_>) -> Option<Log> {
    let format = match log.format.get() {
        None => (!log.format.is_bad()).then_some(LogFormat::Json),
        Some(text) => check.parse(text, |text| match text {
            "json" => Ok(LogFormat::Json),
            "text" => Ok(LogFormat::Text),
            _ => Err("must be `json` or `text`"),
        }),
    };
    let level = match log.level.get() {
        None => (!log.level.is_bad()).then_some(tracing::Level::INFO),
        Some(text) => check.parse(text, |text| match text {
            "error" => Ok(tracing::Level::ERROR),
            "warn" => Ok(tracing::Level::WARN),
            "info" => Ok(tracing::Level::INFO),
            "debug" => Ok(tracing::Level::DEBUG),
            "trace" => Ok(tracing::Level::TRACE),
            _ => Err("must be `error`, `warn`, `info`, `debug` or `trace`"),
        }),
    };
    Some(Log { format: format?, level: level? })
}

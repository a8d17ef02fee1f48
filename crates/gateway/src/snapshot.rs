//! What one request works with, from its first to its last step.
//!
//! A snapshot is immutable and replaced as a whole; a request loads it once.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use http::{HeaderValue, Method, Request, header};
use http_body::Body;
use s3::Outgoing;
use sigv4::chunked::ChunkSeed;
use sigv4::{AccessKeyId, Payload, ScopeDate, Service, Signer, SigningKey, Timestamp};

use crate::config::{Addressing, Credential, Limits, Live, Scheme, Store, User};
use crate::oidc::Providers;
use crate::shutdown::Signal;
use crate::upstream::body::OutgoingBody;
use crate::upstream::client::{Address, Pool, PoolLimits};
use crate::upstream::tls;

/// A configuration in force.
#[derive(Debug)]
pub struct Snapshot {
    /// Counts up with every configuration that came into force.
    pub generation: u64,
    /// The configuration itself.
    pub live: Live,
    /// Keys of the identity providers.
    pub providers: Providers,
    stores: HashMap<String, StoreHandle>,
    users: HashMap<AccessKeyId, Arc<User>>,
    users_by_arn: HashMap<String, Arc<User>>,
}

/// A store that can be talked to.
#[derive(Debug)]
pub struct StoreHandle {
    /// Connections to it.
    pub pool: Pool,
    signers: HashMap<String, StoreSigner>,
}

/// Signs with one credential of a store, and remembers the signing key of the day.
#[derive(Debug)]
pub struct StoreSigner {
    signer: Signer,
    // One entry is enough: the date changes once a day, everything else never.
    key: ArcSwapOption<(ScopeDate, SigningKey)>,
}

impl StoreSigner {
    fn new(store: &Store, credential: &Credential) -> Self {
        let signer = Signer {
            access_key_id: credential.access_key.clone(),
            secret: credential.secret_key.clone(),
            session_token: credential.session_token.clone(),
            region: store.region.clone(),
            service: Service::S3,
        };
        Self { signer, key: ArcSwapOption::empty() }
    }

    /// The request as it goes on the wire: signed, with a `host` that is in its headers already.
    ///
    /// # Errors
    /// [`StoreRequestError`], which a validated configuration does not give.
    pub fn request(
        &self,
        outgoing: Outgoing,
        body: OutgoingBody,
        payload: &Payload,
        now: Timestamp,
    ) -> Result<Request<OutgoingBody>, StoreRequestError> {
        let mut outgoing = outgoing;
        let date = now.scope_date();
        let kept = self.key.load();
        let key = match &*kept {
            Some(kept) if kept.0 == date => Arc::clone(kept),
            _ => {
                let fresh = Arc::new((date, self.signer.signing_key(date)));
                self.key.store(Some(Arc::clone(&fresh)));
                fresh
            }
        };
        let Outgoing { method, path, query, headers } = &mut outgoing;
        self.signer.sign(method, path, query, headers, payload, now, Some(&key.1))?;
        on_the_wire(outgoing, body)
    }
}

impl StoreSigner {
    /// The query of a URL that is good for `method`: what a preflight is about. It is good for a few seconds, as long
    /// as a store takes to look at it.
    ///
    /// # Errors
    /// As [`StoreSigner::request`].
    pub(crate) fn presigned_query(
        &self,
        method: &Method,
        outgoing: &Outgoing,
        now: Timestamp,
    ) -> Result<String, StoreRequestError> {
        let host = outgoing.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let (host, path) = (host.unwrap_or_default(), &outgoing.path);
        Ok(self.signer.presign(method, path, &outgoing.query, host, &[], 5, now)?)
    }

    /// The same for a body in signed chunks, which `body` makes of what signs them.
    ///
    /// # Errors
    /// As [`StoreSigner::request`].
    pub(crate) fn chunked_request(
        &self,
        mut outgoing: Outgoing,
        body: impl FnOnce(ChunkSeed) -> OutgoingBody,
        now: Timestamp,
    ) -> Result<Request<OutgoingBody>, StoreRequestError> {
        let Outgoing { method, path, query, headers } = &mut outgoing;
        let payload = &Payload::StreamingSigned;
        let seed = self.signer.sign_streaming(method, path, query, headers, payload, now, None)?;
        on_the_wire(outgoing, body(seed))
    }
}

/// The request as it goes on the wire, signed or not, with a `host` that is in its headers already.
///
/// # Errors
/// [`StoreRequestError::Target`], which a parsed request does not give.
pub fn on_the_wire(
    outgoing: Outgoing,
    body: OutgoingBody,
) -> Result<Request<OutgoingBody>, StoreRequestError> {
    let Outgoing { method, path, query, mut headers } = outgoing;
    if body.is_end_stream() && matches!(method, Method::PUT | Method::POST) {
        // Said aloud, for stores answer 411 to an upload without a length.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = target.parse()?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// A request for a store cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StoreRequestError {
    /// It cannot be signed.
    #[error("signing for the store: {0}")]
    Sign(#[from] sigv4::SignError),
    /// Its target is no URI.
    #[error("the target for the store is no URI: {0}")]
    Target(#[from] http::uri::InvalidUri),
}

/// A store's TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("store `{store}`: {why}")]
pub struct StoreTlsError {
    store: String,
    why: String,
}

impl Snapshot {
    /// Makes connections and signers for a configuration. Connections to stores, and keys of
    /// providers, that are reached as in `previous` are kept.
    ///
    /// # Errors
    /// When a store's certificates cannot be used.
    pub fn new(
        generation: u64,
        live: Live,
        limits: &Limits,
        previous: Option<&Self>,
        shutdown: &Signal,
    ) -> Result<Self, StoreTlsError> {
        let stores = Self::stores(&live, limits, previous)?;
        let previous = previous.map(|previous| &previous.providers);
        let providers = Providers::start(&live.providers, previous, shutdown);
        Ok(Self::of(generation, live, stores, providers))
    }

    /// A configuration that is asked about and not served: no provider is.
    ///
    /// # Errors
    /// When a store's certificates cannot be used.
    pub(crate) fn at_rest(live: Live, limits: &Limits) -> Result<Self, StoreTlsError> {
        let stores = Self::stores(&live, limits, None)?;
        Ok(Self::of(1, live, stores, Providers::none()))
    }

    fn stores(
        live: &Live,
        limits: &Limits,
        previous: Option<&Self>,
    ) -> Result<HashMap<String, StoreHandle>, StoreTlsError> {
        let handle = |store: &Store| {
            let kept = previous.and_then(|previous| previous.pool_for(store));
            Ok((store.name.clone(), StoreHandle::new(store, limits, kept)?))
        };
        live.stores.all().iter().map(|store| handle(store)).collect()
    }

    fn of(
        generation: u64,
        live: Live,
        stores: HashMap<String, StoreHandle>,
        providers: Providers,
    ) -> Self {
        let all: Vec<Arc<User>> = live.users.iter().cloned().map(Arc::new).collect();
        let users = all.iter().map(|user| (user.access_key.clone(), Arc::clone(user))).collect();
        let users_by_arn = all.into_iter().map(|user| (user.arn.clone(), user)).collect();
        Self { generation, live, providers, stores, users, users_by_arn }
    }

    /// The connections to a store, if it is reached in the same way.
    fn pool_for(&self, store: &Store) -> Option<&Pool> {
        let known = self.live.stores.all().iter().find(|known| known.name == store.name)?;
        let certificates = |store: &Store| store.ca.as_ref().map(|ca| ca.certificates.clone());
        let same = known.endpoint == store.endpoint
            && known.insecure == store.insecure
            && certificates(known) == certificates(store);
        self.stores.get(&store.name).filter(|_| same).map(|handle| &handle.pool)
    }

    /// The service account that has an access key id.
    #[must_use]
    pub fn user(&self, access_key_id: &AccessKeyId) -> Option<&Arc<User>> {
        self.users.get(access_key_id)
    }

    /// The service account of an ARN.
    #[must_use]
    pub fn user_of_arn(&self, arn: &str) -> Option<&Arc<User>> {
        self.users_by_arn.get(arn)
    }

    /// How to talk to a store of this snapshot.
    #[must_use]
    pub fn store(&self, store: &Store) -> Option<&StoreHandle> {
        self.stores.get(&store.name)
    }
}

impl StoreHandle {
    fn new(store: &Store, limits: &Limits, kept: Option<&Pool>) -> Result<Self, StoreTlsError> {
        let tls = match store.endpoint.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(tls::client_config(store).map_err(|why| StoreTlsError {
                store: store.name.clone(),
                why: why.to_string(),
            })?),
        };
        let address =
            Address { host: store.endpoint.host().to_owned(), port: store.endpoint.port(), tls };
        let bounds = PoolLimits {
            connect_timeout: limits.store_connect_timeout,
            max_connections: limits.store_max_connections,
            idle_connections: limits.store_idle_connections,
            idle_timeout: limits.store_idle_timeout,
            queue_timeout: limits.store_connect_timeout,
        };
        let pool = kept.filter(|pool| pool.limits() == bounds).cloned();
        let pool = pool.unwrap_or_else(|| Pool::new(address, bounds));
        let signers = store
            .credentials
            .iter()
            .map(|credential| (credential.name.clone(), StoreSigner::new(store, credential)))
            .collect();
        Ok(Self { pool, signers })
    }

    /// The signer of a credential of this store.
    #[must_use]
    pub fn signer(&self, credential: &Credential) -> Option<&StoreSigner> {
        self.signers.get(&credential.name)
    }
}

/// The `Host` that a store is asked under, and whether the bucket is part of it.
#[must_use]
pub fn store_host(store: &Store, bucket: Option<&s3::Bucket>) -> (String, bool) {
    let authority = store.endpoint.authority();
    match (store.addressing, bucket) {
        (Addressing::Virtual, Some(bucket)) => (format!("{bucket}.{authority}"), true),
        (Addressing::Virtual, None) | (Addressing::Path, _) => (authority, false),
    }
}

//! Where Redis is and how it is talked to.

use std::{fmt, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisConnectionInfo, RedisResult,
    TlsCertificates,
};

/// How long making a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// Calls that may wait to be written; more of them wait in line.
const PIPELINE_MAX: usize = 1024;

/// Where Redis is and how it is talked to.
#[derive(Clone)]
pub struct RedisAddress {
    /// Its host.
    pub host: Box<str>,
    /// Its port.
    pub port: u16,
    /// Its password.
    pub password: Option<Box<str>>,
    /// Whether the connection is encrypted, and whom to trust.
    pub tls: Option<RedisTls>,
    /// How long one call may take.
    pub timeout: Duration,
}

/// An encrypted connection.
#[derive(Clone, Default)]
pub struct RedisTls {
    /// The certificate authority in PEM; `None` trusts the public ones.
    pub authority: Option<Vec<u8>>,
}

impl RedisAddress {
    pub(super) fn client(&self) -> RedisResult<Client> {
        let (host, port) = (self.host.to_string(), self.port);
        let address = match &self.tls {
            None => ConnectionAddr::Tcp(host, port),
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        };
        let mut login = RedisConnectionInfo::default();
        if let Some(password) = &self.password {
            login = login.set_password(&**password);
        }
        let info = address.into_connection_info()?.set_redis_settings(login);
        match self.tls.as_ref().and_then(|tls| tls.authority.clone()) {
            Some(authority) => {
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(authority) };
                Client::build_with_tls(info, certificates)
            }
            None => Client::open(info),
        }
    }

    pub(super) fn connection_config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(self.timeout))
            .set_pipeline_buffer_size(PIPELINE_MAX)
    }
}

/// Never shows the password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

//! A certificate authority that nobody knows, made by `openssl` for one test, and what it signs.

use std::{
    fs,
    io::{self, Error},
    path::{Path, PathBuf},
    process::Command,
};

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    dir: PathBuf,
}

/// A server's certificate for loopback, and its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM (PKCS #8).
    pub key: PathBuf,
}

impl Authority {
    /// A new one, with its files in `dir`.
    pub fn create(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let authority = Self { dir: dir.canonicalize()? };
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test-authority \
             -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
             -keyout authority.key -out authority.pem",
        )?;
        Ok(authority)
    }

    /// Its own certificate: whoever has it trusts what it signs.
    pub fn certificate(&self) -> PathBuf {
        self.dir.join("authority.pem")
    }

    /// Signs a certificate for `127.0.0.1` and `localhost`.
    pub fn sign(&self, name: &str) -> io::Result<Certificate> {
        let extensions = "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n";
        fs::write(self.dir.join("extensions"), extensions)?;
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
        ))?;
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
             -extfile extensions -out {name}.pem"
        ))?;
        Ok(Certificate {
            certificate: self.dir.join(format!("{name}.pem")),
            key: self.dir.join(format!("{name}.key")),
        })
    }

    fn openssl(&self, arguments: &str) -> io::Result<()> {
        let made = Command::new("openssl").args(arguments.split(' ')).current_dir(&self.dir).output()?;
        if made.status.success() {
            return Ok(());
        }
        Err(Error::other(format!("openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr))))
    }
}

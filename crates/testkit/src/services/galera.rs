//! A Galera cluster of MariaDB nodes. Writes go through one node; the others take over when it is gone.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Life, Mariadb, MariadbOptions, free_port};

/// The provider, where Debian and Ubuntu put it.
const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";

/// The ports one node needs besides the one for clients.
#[derive(Clone, Copy, Debug)]
struct Ports {
    client: u16,
    group: u16,
    incremental: u16,
    state: u16,
}

/// The nodes of one cluster.
#[derive(Debug)]
pub struct Galera {
    nodes: Vec<Mariadb>,
}

impl Galera {
    /// Starts a new cluster in `dir`: the first node founds it, the others join one by one and copy its state.
    pub fn start(dir: &Path, size: usize, life: Life) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        // The nodes run as a user of their own, who must get to their folders.
        fs::set_permissions(dir, Permissions::from_mode(0o755))?;
        let ports: io::Result<Vec<Ports>> = (0..size).map(|_| Ports::free()).collect();
        let ports = ports?;
        let mut nodes = Vec::with_capacity(size);
        for (number, own) in ports.iter().enumerate() {
            let folder: PathBuf = dir.join(format!("node-{}", number + 1));
            let founding = if number == 0 { vec!["--wsrep-new-cluster".into()] } else { Vec::new() };
            let settings = settings(number, own, &ports);
            let options = MariadbOptions { settings, arguments: founding, as_own_user: true };
            nodes.push(Mariadb::start_with(&folder, own.client, life, &options)?);
        }
        Ok(Self { nodes })
    }

    /// A node.
    pub fn node(&mut self, number: usize) -> &mut Mariadb {
        &mut self.nodes[number]
    }

    /// The ports of all nodes for clients.
    pub fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(Mariadb::port).collect()
    }
}

impl Ports {
    fn free() -> io::Result<Self> {
        Ok(Self { client: free_port()?, group: free_port()?, incremental: free_port()?, state: free_port()? })
    }
}

fn settings(number: usize, own: &Ports, all: &[Ports]) -> Vec<String> {
    let members: Vec<String> = all.iter().map(|ports| format!("127.0.0.1:{}", ports.group)).collect();
    let Ports { group, incremental, state, .. } = own;
    vec![
        "binlog_format=ROW".to_owned(),
        "default_storage_engine=InnoDB".to_owned(),
        "innodb_autoinc_lock_mode=2".to_owned(),
        "wsrep_on=ON".to_owned(),
        format!("wsrep_provider={PROVIDER}"),
        "wsrep_cluster_name=swelite".to_owned(),
        format!("wsrep_cluster_address=gcomm://{}", members.join(",")),
        format!("wsrep_node_name=node-{}", number + 1),
        format!("wsrep_node_address=127.0.0.1:{group}"),
        "wsrep_sst_method=rsync".to_owned(),
        format!("wsrep_sst_receive_address=127.0.0.1:{state}"),
        format!(
            "wsrep_provider_options=gmcast.listen_addr=tcp://127.0.0.1:{group};\
             ist.recv_addr=127.0.0.1:{incremental};gcache.size=64M;pc.recovery=false"
        ),
    ]
}

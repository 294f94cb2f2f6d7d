//! Names looked up by the operating system, on separate threads.
//!
//! getaddrinfo uses the system's configuration (`/etc/hosts`, `/etc/resolv.conf`, `nsswitch.conf`), but it blocks, for
//! half a minute and more if no name server answers. So it has threads that nothing else uses, a limited number of
//! them, at most one per name; and no caller waits beyond a deadline. A thread for which nobody waits any more ends
//! when the system gives up.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, ToSocketAddrs as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, timeout_at},
};

/// Names that are looked up at the same time. Names of dead name servers occupy some of the threads, so there are more
/// than enough for the rest.
const MOST: usize = 64;
/// The stack that getaddrinfo and the modules it loads need, with some reserve.
const STACK: usize = 512 * 1024;

/// The addresses of a name, or what the system said; `None` while it is being looked up.
type Found = Option<Result<Arc<[IpAddr]>, Arc<str>>>;

/// The look-ups of a process.
#[derive(Debug)]
pub(super) struct Lookups {
    names: NameService,
    within: Duration,
    places: Arc<Semaphore>,
    under_way: Mutex<HashMap<String, watch::Receiver<Found>>>,
}

impl Lookups {
    /// Each answer is awaited for `within`.
    pub(super) fn new(names: &NameService, within: Duration) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(MOST));
        Arc::new(Self { names: names.clone(), within, places, under_way: Mutex::default() })
    }

    /// The addresses of a name; at least one.
    pub(super) async fn find(self: &Arc<Self>, name: &str) -> io::Result<Arc<[IpAddr]>> {
        let deadline = Instant::now() + self.within;
        let found = timeout_at(deadline, self.await_answer(name)).await;
        match found {
            Ok(Ok(addresses)) if addresses.is_empty() => Err(error("no address for the name")),
            Ok(found) => found,
            Err(_) => Err(error(&format!("the name was not looked up within {} s", self.within.as_secs_f32()))),
        }
    }

    async fn await_answer(self: &Arc<Self>, name: &str) -> io::Result<Arc<[IpAddr]>> {
        let joined = self.under_way().get(name).cloned();
        let mut answer = match joined {
            Some(answer) => answer,
            None => {
                let place = Arc::clone(&self.places).acquire_owned().await.expect("never closed");
                self.begin(name, place)?
            }
        };
        let found = answer.wait_for(Option::is_some).await.map(|found| found.clone());
        match found {
            Ok(Some(Ok(addresses))) => Ok(addresses),
            Ok(Some(Err(why))) => Err(error(&why)),
            Ok(None) | Err(_) => Err(error("the look-up ended without an answer")),
        }
    }

    /// Starts a look-up, unless another caller did while this one waited for a thread.
    fn begin(self: &Arc<Self>, name: &str, place: OwnedSemaphorePermit) -> io::Result<watch::Receiver<Found>> {
        let mut under_way = self.under_way();
        if let Some(answer) = under_way.get(name) {
            return Ok(answer.clone());
        }
        let (tell, answer) = watch::channel(None);
        let (table, entry) =
            (self.names.table(), CachedLookup { of: Arc::clone(self), name: name.to_owned(), _place: place });
        thread::Builder::new().name("look-up".to_owned()).stack_size(STACK).spawn(move || {
            let found = table(&entry.name);
            // later callers want a newer answer
            drop(entry);
            tell.send_replace(Some(found.map(Arc::from).map_err(|error| Arc::from(error.to_string()))));
        })?;
        under_way.insert(name.to_owned(), answer.clone());
        Ok(answer)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Found>>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a look-up; given back at its end, even after a panic.
struct CachedLookup {
    of: Arc<Lookups>,
    name: String,
    _place: OwnedSemaphorePermit,
}

impl Drop for CachedLookup {
    fn drop(&mut self) {
        self.of.under_way().remove(&self.name);
    }
}

/// Where names are looked up.
#[derive(Clone)]
pub enum NameService {
    /// The operating system's resolver.
    System,
    /// A function from a name to its addresses, controlled by the caller.
    Given(Arc<Table>),
}

/// From a name to its addresses. May block.
pub type Table = dyn Fn(&str) -> std::io::Result<Vec<IpAddr>> + Send + Sync;

impl std::fmt::Debug for NameService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System => "NameService::System",
            Self::Given(_) => "NameService::Given",
        })
    }
}

impl NameService {
    fn table(&self) -> Arc<Table> {
        match self {
            Self::System => Arc::new(|name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())),
            Self::Given(table) => Arc::clone(table),
        }
    }
}

fn error(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, why)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Condvar,
        atomic::{AtomicUsize, Ordering::SeqCst},
    };

    use super::*;

    /// A system whose look-ups of names that start with `dead` hang until it is healed.
    #[derive(Default)]
    struct System {
        healed: Mutex<bool>,
        heals: Condvar,
        hanging: AtomicUsize,
        asked: AtomicUsize,
    }

    impl System {
        fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            self.asked.fetch_add(1, SeqCst);
            match name {
                "panics" => panic!("expected by this test"),
                "unknown" => return Err(error("name or service not known")),
                "empty" => return Ok(Vec::new()),
                _ => {}
            }
            if name.starts_with("dead") {
                self.hanging.fetch_add(1, SeqCst);
                let healed = self.healed.lock().unwrap();
                drop(self.heals.wait_while(healed, |healed| !*healed).unwrap());
            }
            Ok(vec!["192.0.2.1".parse().unwrap()])
        }

        fn heal(&self) {
            *self.healed.lock().unwrap() = true;
            self.heals.notify_all();
        }
    }

    fn lookups(within: Duration) -> (Arc<System>, Arc<Lookups>) {
        let system = Arc::new(System::default());
        let table = Arc::clone(&system);
        let names = NameService::Given(Arc::new(move |name: &str| table.look_up(name)));
        (system, Lookups::new(&names, within))
    }

    #[tokio::test]
    async fn answers_and_failures() {
        let (_system, lookups) = lookups(Duration::from_secs(60));
        for (name, expected) in [
            ("a.example", Ok(1)),
            ("unknown", Err("name or service not known")),
            ("empty", Err("no address for the name")),
            ("panics", Err("the look-up ended without an answer")),
            ("a.example", Ok(1)),
        ] {
            let found = lookups.find(name).await.map(|found| found.len()).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{name}");
        }
        assert!(lookups.under_way().is_empty());
    }

    /// Threads of the runtime itself: one, and one for work that blocks.
    #[test]
    fn an_outage_is_bounded_and_touches_nothing_else() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build();
        runtime.unwrap().block_on(async {
            let (system, lookups) = lookups(Duration::from_millis(500));
            let begun = Instant::now();
            let names: Vec<String> = (0..10 * MOST).map(|n| format!("dead-{n}")).collect();
            // as many of the same name as of others
            let asked = names.iter().flat_map(|name| [name.as_str(), "dead-0"]);
            let all = futures_util::future::join_all(asked.map(|name| lookups.find(name)));
            let blocking = async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                tokio::task::spawn_blocking(|| 7).await
            };
            let (found, other) = tokio::join!(all, tokio::time::timeout(Duration::from_millis(300), blocking));
            assert_eq!(other.expect("work that blocks waits for no name").unwrap(), 7);
            assert!(found.iter().all(|found| found.as_ref().is_err_and(|error| error.to_string().contains("within"))));
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            assert_eq!(system.hanging.load(SeqCst), MOST, "threads");

            system.heal();
            let again = lookups.find("dead-1").await.or(lookups.find("dead-1").await);
            assert_eq!(again.unwrap().len(), 1, "it is over when it is over");
        });
    }

    #[tokio::test]
    async fn one_look_up_serves_all_who_ask_meanwhile() {
        let (system, lookups) = lookups(Duration::from_secs(60));
        let all = futures_util::future::join_all((0..50).map(|_| lookups.find("dead.example")));
        let heal = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            system.heal();
        };
        let (found, ()) = tokio::join!(all, heal);
        assert!(found.iter().all(Result::is_ok));
        assert_eq!(system.asked.load(SeqCst), 1);
        assert!(lookups.find("dead.example").await.is_ok());
        assert_eq!(system.asked.load(SeqCst), 2, "nothing is kept");
    }

    #[tokio::test]
    async fn the_system_knows_this_machine() {
        let found = Lookups::new(&NameService::System, Duration::from_secs(60)).find("localhost").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}

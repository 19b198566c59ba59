//! A map whose every entry has an end, and which lets go of what has ended a little at a time.
//!
//! Invariant: every key of the map stands exactly once in the queue. Each new entry looks at the front of the queue, so memory
//! follows what is alive and no caller ever pays for a sweep of everything. Within one map entries live about equally long, so
//! the front is what ends next; where it is not, an entry is only let go of later.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::Arc,
};

/// How many queue entries a new entry looks at: more than one, so that the dead are let go of faster than the living come.
const SWEEP_STEPS: usize = 2;

/// Entries by key, each until its own end. Times are nanoseconds of one monotonic clock.
pub(crate) struct Expiring<K, V> {
    entries: HashMap<Arc<K>, Entry<V>>,
    /// When each entry is to be looked at again.
    due: VecDeque<(u64, Arc<K>)>,
}

struct Entry<V> {
    value: V,
    ends_ns: u64,
}

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self { entries: HashMap::default(), due: VecDeque::default() }
    }
}

impl<K: Clone + Eq + Hash, V> Expiring<K, V> {
    /// What stands under `key`, unless it has ended.
    pub(crate) fn get(&self, key: &K, now_ns: u64) -> Option<&V> {
        self.entries.get(key).filter(|entry| now_ns < entry.ends_ns).map(|entry| &entry.value)
    }

    /// What stands under `key`, unless it has ended.
    pub(crate) fn get_mut(&mut self, key: &K, now_ns: u64) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|entry| now_ns < entry.ends_ns).map(|entry| &mut entry.value)
    }

    /// Puts `value` under `key` until `ends_ns`; what stood there before.
    pub(crate) fn put(&mut self, key: &K, value: V, ends_ns: u64) -> Option<V> {
        let entry = Entry { value, ends_ns };
        if let Some(standing) = self.entries.get_mut(key) {
            return Some(std::mem::replace(standing, entry).value);
        }
        let key = Arc::new(key.clone());
        self.due.push_back((ends_ns, Arc::clone(&key)));
        self.entries.insert(key, entry);
        None
    }

    /// Lets go of a few entries that have ended; `gone` is told of each.
    pub(crate) fn sweep(&mut self, now_ns: u64, mut gone: impl FnMut(&K, V)) {
        for _ in 0..SWEEP_STEPS {
            let Some((_, key)) = self.due.pop_front_if(|(due_ns, _)| *due_ns <= now_ns) else { return };
            match self.entries.get(&key).map(|entry| entry.ends_ns) {
                // It was put anew since it was queued.
                Some(ends_ns) if now_ns < ends_ns => self.due.push_back((ends_ns, key)),
                Some(_) | None => {
                    if let Some(entry) = self.entries.remove(&key) {
                        gone(&key, entry.value);
                    }
                }
            }
        }
        debug_assert_eq!(self.entries.len(), self.due.len());
    }

    /// Takes out the entry at the front of the queue, ended or not.
    pub(crate) fn pop_front(&mut self) -> Option<(Arc<K>, V)> {
        let (_, key) = self.due.pop_front()?;
        let entry = self.entries.remove(&key)?;
        Some((key, entry.value))
    }

    /// Whether anything is held under `key`, ended or not.
    pub(crate) fn holds(&self, key: &K) -> bool {
        self.entries.contains_key(key)
    }

    /// How many entries are held, ended ones that have not been let go of included.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_lives_exactly_until_its_end() {
        let mut map = Expiring::default();
        assert_eq!(map.put(&"key", 1, 10), None);
        assert_eq!(map.get(&"key", 9), Some(&1));
        assert_eq!(map.get(&"key", 10), None);
        assert_eq!(map.put(&"key", 2, 20), Some(1));
        assert_eq!(map.get_mut(&"key", 19), Some(&mut 2));
    }

    #[test]
    fn memory_follows_what_is_alive() {
        let mut map = Expiring::default();
        for now in 0..100_000_u64 {
            map.sweep(now, |_: &u64, _| {});
            map.put(&now, (), now + 1000);
            // One entry that is put anew again and again never leaves, and never blocks the way.
            map.put(&u64::MAX, (), now + 1000);
        }
        assert!((1000..1100).contains(&map.len()), "{}", map.len());
        assert!(map.get(&u64::MAX, 100_000).is_some());
    }

    #[test]
    fn what_is_let_go_of_is_told_once() {
        let mut map = Expiring::default();
        for key in 0..10 {
            map.put(&key, key, 5);
        }
        let mut gone = Vec::new();
        for _ in 0..10 {
            map.sweep(5, |_, value| gone.push(value));
        }
        assert_eq!(gone, (0..10).collect::<Vec<_>>());
        assert_eq!((map.len(), map.pop_front()), (0, None));
    }
}

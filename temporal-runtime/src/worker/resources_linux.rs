//! What Linux tells of its load: `/proc`, and the memory limit of the control group, if there is one.

use std::fs;

use super::CpuTime;

/// The time of all processors.
pub(super) fn cpu_time() -> Option<CpuTime> {
    parse_stat(&fs::read_to_string("/proc/stat").ok()?)
}

/// The used part of what this process may have: the machine's memory, or less in a control group with a limit.
pub(super) fn memory_used() -> Option<f64> {
    let machine = parse_meminfo(&fs::read_to_string("/proc/meminfo").ok()?)?;
    let limited = || {
        let limit = fs::read_to_string("/sys/fs/cgroup/memory.max").ok()?;
        let current = fs::read_to_string("/sys/fs/cgroup/memory.current").ok()?;
        parse_limit(&limit, &current)
    };
    Some(limited().map_or(machine, |group| group.max(machine)))
}

/// The first line: `cpu`, then user, nice, system, idle, iowait, irq, softirq, steal, and guests, whom user counts.
fn parse_stat(stat: &str) -> Option<CpuTime> {
    let mut fields = stat.lines().next()?.split_whitespace();
    if fields.next() != Some("cpu") {
        return None;
    }
    let ticks: Vec<u64> = fields
        .take(8)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let idle = ticks.get(3)? + ticks.get(4)?;
    let all: u64 = ticks.iter().sum();
    Some(CpuTime {
        busy: all.saturating_sub(idle),
        all,
    })
}

fn parse_meminfo(meminfo: &str) -> Option<f64> {
    let field = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    part(
        field("MemTotal:")? - field("MemAvailable:")?,
        field("MemTotal:")?,
    )
}

/// "max" is no limit.
fn parse_limit(limit: &str, current: &str) -> Option<f64> {
    part(current.trim().parse().ok()?, limit.trim().parse().ok()?)
}

fn part(used: f64, all: f64) -> Option<f64> {
    (all > 0.0).then(|| (used / all).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read() {
        let stat = "cpu  100 20 30 700 50 5 5 90 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(
            parse_stat(stat),
            Some(CpuTime {
                busy: 250,
                all: 1000
            })
        );
        assert_eq!(parse_stat("intr 1 2 3"), None);
        assert_eq!(parse_stat("cpu 1 2"), None);
    }

    #[test]
    fn memory_is_read() {
        let meminfo = "MemTotal:        8000 kB\nMemFree:  100 kB\nMemAvailable:    2000 kB\n";
        assert_eq!(parse_meminfo(meminfo), Some(0.75));
        assert_eq!(parse_meminfo("MemTotal: 8000 kB\n"), None);
        assert_eq!(parse_limit("1000\n", "900\n"), Some(0.9));
        assert_eq!(parse_limit("max\n", "900\n"), None);
    }
}

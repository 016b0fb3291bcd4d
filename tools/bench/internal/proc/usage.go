package proc

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is the time the program, its threads and its children have spent on a CPU since they started,
// in user and kernel mode. It comes from schedstat, which counts nanoseconds; the ticks in
// /proc/PID/stat are 10 ms.
func (p *Process) CPU() (time.Duration, error) {
	var total time.Duration
	pids, err := tree(p.PID)
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(files) == 0 {
			return 0, fmt.Errorf("CPU time of %s: process %d is gone\n%s", p.Name, pid, p.Log())
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) {
				continue // a thread that just ended
			}
			if err != nil {
				return 0, fmt.Errorf("CPU time of %s: %w", p.Name, err)
			}
			spent, _, _ := strings.Cut(string(text), " ")
			ns, err := strconv.ParseInt(spent, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("CPU time of %s: %s: %w", p.Name, file, err)
			}
			total += time.Duration(ns)
		}
	}
	return total, nil
}

// Resident is the resident memory of the program and its children in bytes. Pages two of them share
// count twice, which is what `ps` adds up to as well; smaps_rollup is exact where status is not.
func (p *Process) Resident() (int64, error) {
	pids, err := tree(p.PID)
	if err != nil {
		return 0, err
	}
	var total int64
	for _, pid := range pids {
		n, err := resident(pid)
		if err != nil {
			return 0, fmt.Errorf("memory of %s: %w", p.Name, err)
		}
		total += n
	}
	return total, nil
}

func resident(pid int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // read only
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) >= 2 && fields[0] == "Rss:" {
			kb, err := strconv.ParseInt(fields[1], 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("no Rss in %s", f.Name())
}

// tree lists a process and its descendants.
func tree(root int) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := make(map[int][]int)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // ended since the listing
		}
		if pid, parent, ok := parents(string(text)); ok {
			children[parent] = append(children[parent], pid)
		}
	}
	pids := []int{root}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, children[pids[i]]...)
	}
	return pids, nil
}

// parents reads the process and its parent from a line of /proc/PID/stat. The name in between is in
// parentheses and may hold anything, parentheses included.
func parents(stat string) (pid, parent int, ok bool) {
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 1 || end < open {
		return 0, 0, false
	}
	rest := strings.Fields(stat[end+1:])
	if len(rest) < 2 {
		return 0, 0, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(stat[:open]))
	if err != nil {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(rest[1])
	return pid, parent, err == nil
}

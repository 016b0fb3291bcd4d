package proc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Machine names what the numbers were measured on.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Arch   string `json:"arch"`
}

// ThisMachine describes the machine; what cannot be found out stays empty.
func ThisMachine() Machine {
	m := Machine{Cores: runtime.NumCPU(), Arch: runtime.GOARCH}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok &&
				strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	return m
}

// CoreTimes is one reading of a core's counters, in ticks.
type CoreTimes struct {
	Idle, Steal, Total uint64
}

// Core reads the counters of one core.
func Core(core int) (CoreTimes, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return CoreTimes{}, err
	}
	return parseCore(string(text), core)
}

func parseCore(stat string, core int) (CoreTimes, error) {
	name := "cpu" + strconv.Itoa(core)
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] != name {
			continue
		}
		var t CoreTimes
		// user nice system idle iowait irq softirq steal; guest is in user already
		for i, field := range fields[1:9] {
			n, err := strconv.ParseUint(field, 10, 64)
			if err != nil {
				return CoreTimes{}, fmt.Errorf("/proc/stat: %s: %w", name, err)
			}
			t.Total += n
			switch i {
			case 3, 4:
				t.Idle += n
			case 7:
				t.Steal += n
			}
		}
		return t, nil
	}
	return CoreTimes{}, fmt.Errorf("/proc/stat has no %s: the benchmark needs two cores", name)
}

// Since gives the busy and the stolen share of a core between two readings.
func (t CoreTimes) Since(before CoreTimes) (busy, steal float64) {
	total := float64(t.Total - before.Total)
	if total == 0 {
		return 0, 0
	}
	steal = float64(t.Steal-before.Steal) / total
	return 1 - float64(t.Idle-before.Idle)/total - steal, steal
}

// LoadAverage is the machine's load over the last minute.
func LoadAverage() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	return strconv.ParseFloat(first, 64)
}

package syncclient

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// Plan is a rollout as a person writes it.
type Plan struct {
	Steps  string        // "1,25%,100%"; "": config-sync's
	Bake   time.Duration // of each step; negative: config-sync's
	Labels []string      // "zone=a": what the nodes of all steps but the last must have
	Gates  []string      // "max_5xx_increase=0.01", "max_p99_increase=off"
}

// Rollout is the plan as config-sync understands it; nil leaves everything to it. The error says
// what is wrong with which flag.
func (p Plan) Rollout() (*configpb.Rollout, error) {
	gates, err := p.gates()
	if err != nil {
		return nil, err
	}
	steps, err := p.steps()
	if err != nil {
		return nil, err
	}
	if gates == nil && steps == nil {
		return nil, nil
	}
	return &configpb.Rollout{Steps: steps, Gates: gates}, nil
}

func (p Plan) steps() (steps []*configpb.Step, err error) {
	text := p.Steps
	if text == "" {
		if p.Bake < 0 && len(p.Labels) == 0 {
			return nil, nil
		}
		text = "1,25%,100%" // as config-sync would; only with another bake time, or labels
	}
	labels := map[string]string{}
	for _, l := range p.Labels {
		name, value, ok := strings.Cut(l, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--label %q is not NAME=VALUE", l)
		}
		labels[name] = value
	}
	words := strings.Split(text, ",")
	for i, word := range words {
		word = strings.TrimSpace(word)
		step := &configpb.Step{}
		number, percent := strings.CutSuffix(word, "%")
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n == 0 || percent && n > 100 {
			return nil,
				fmt.Errorf("--rollout %q: %q is neither a number of nodes nor a share of them up "+
					"to 100%%; write such as 1,25%%,100%%", text, word)
		}
		if percent {
			step.Reach = &configpb.Step_Percent{Percent: uint32(n)}
		} else {
			step.Reach = &configpb.Step_Count{Count: uint32(n)}
		}
		if p.Bake >= 0 {
			step.Bake = durationpb.New(p.Bake)
		}
		if i < len(words)-1 {
			step.Labels = labels
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// gateNames are the fields of Gates.
var gateNames = []string{
	"max_5xx_increase", "max_p99_increase", "max_connect_failures_increase", "max_nacks",
	"max_restarts", "max_lost", "min_requests", "answer_timeout",
}

func (p Plan) gates() (*configpb.Gates, error) {
	if len(p.Gates) == 0 {
		return nil, nil
	}
	g := &configpb.Gates{}
	for _, text := range p.Gates {
		name, value, ok := strings.Cut(text, "=")
		all := strings.Join(gateNames, ", ")
		switch {
		case !ok:
			return nil, fmt.Errorf("--gate %q is not GATE=VALUE; the gates are %s", text, all)
		case !slices.Contains(gateNames, name):
			return nil, fmt.Errorf("--gate %q: there is no gate %q; the gates are %s", text, name,
				all)
		}
		wrong := func(want string) error {
			return fmt.Errorf("--gate %s: %q is not %s", name, value, want)
		}
		share, whole := -1.0, int32(-1)
		switch name {
		case "answer_timeout":
			d, err := time.ParseDuration(value)
			if err != nil || d <= 0 {
				return nil, wrong("a duration such as 30s")
			}
			g.AnswerTimeout = durationpb.New(d)
			continue
		case "min_requests":
			n, err := strconv.ParseUint(value, 10, 32)
			if err != nil {
				return nil, wrong("a number of requests")
			}
			requests := uint32(n)
			g.MinRequests = &requests
			continue
		case "max_nacks", "max_restarts", "max_lost":
			if value != "off" {
				n, err := strconv.ParseInt(value, 10, 32)
				if err != nil || n < 0 {
					return nil, wrong("a number of nodes, or off")
				}
				whole = int32(n)
			}
		default:
			if value != "off" {
				f, err := strconv.ParseFloat(value, 64)
				if err != nil || math.IsNaN(f) || f < 0 || math.IsInf(f, 0) {
					return nil, wrong("a share such as 0.01, or off")
				}
				share = f
			}
		}
		switch name {
		case "max_5xx_increase":
			g.Max_5XxIncrease = &share
		case "max_p99_increase":
			g.MaxP99Increase = &share
		case "max_connect_failures_increase":
			g.MaxConnectFailuresIncrease = &share
		case "max_nacks":
			g.MaxNacks = &whole
		case "max_restarts":
			g.MaxRestarts = &whole
		case "max_lost":
			g.MaxLost = &whole
		}
	}
	return g, nil
}

package configserver_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// scrape reads the metrics of a replica.
func (r *replica) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	r.server.Admin("").Handler().ServeHTTP(w,
		httptest.NewRequest("GET", "http://127.0.0.1/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	all := map[string]float64{}
	for line := range strings.Lines(w.Body.String()) {
		var name string
		var value float64
		if _, err := fmt.Sscan(line, &name, &value); err == nil {
			all[name] = value
		}
	}
	return all
}

// A rollout that does not go on is found by what is told here: for how long its step lasts, and how
// long that was to be.
func TestMetricsTellHowLongAStepIsToLast(t *testing.T) {
	t.Parallel()
	const began = "gateway_configsync_rollout_step_start_timestamp_seconds"
	const bake = "gateway_configsync_rollout_step_bake_seconds"
	r := start(t, folder(t), nil, nil)
	fleet(t, 2, r.address)
	if m := r.scrape(t); m[began] != 0 || m[bake] != 0 {
		t.Errorf("without a rollout: %v, %v", m[began], m[bake])
	}
	a := r.publish(t, &configpb.PublishRequest{Config: document("a")})
	r.becomes(t, a.GetRevision(), "good")
	before := time.Now()
	r.publish(t, &configpb.PublishRequest{Config: document("b"), Rollout: steps(time.Hour)})
	testkit.Eventually(t, "its first step is told of", func() bool {
		m := r.scrape(t)
		return m["gateway_configsync_rollout_step"] == 1 && m[bake] == 3600 &&
			m[began] >= float64(before.Unix()) && m[began] <= float64(time.Now().Unix()+1)
	})
}

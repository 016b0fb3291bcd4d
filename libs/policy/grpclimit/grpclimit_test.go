package grpclimit

import (
	"testing"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/http1"
	"github.com/gatewayhomebrew/gateway/libs/policy"
)

func TestTheShorterOfTwoLimitsIsTheDeadline(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, tc := range []struct {
		field string
		most  time.Duration
		want  time.Duration // 0: there is no deadline
	}{
		{"", 0, 0}, {"", time.Second, time.Second},
		{"grpc-timeout: 2S\r\n", 0, 2 * time.Second},
		{"Grpc-Timeout: 2S\r\n", time.Second, time.Second},
		{"grpc-timeout: 2S\r\n", 3 * time.Second, 2 * time.Second},
		{"grpc-timeout: soon\r\n", 3 * time.Second, 3 * time.Second},
	} {
		c := new(config.Route)
		c.Timeouts.GRPC = tc.most
		p, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		var h http1.RequestHead
		h.Reset(http1.Limits{HeadBytes: 1000, Fields: 10})
		if _, err :=
			h.Parse([]byte("POST / HTTP/1.1\r\nHost: h\r\n" + tc.field + "\r\n")); err != nil {
			t.Fatal(err)
		}
		var want time.Time
		if tc.want > 0 {
			want = start.Add(tc.want)
		}
		r := policy.Request{Head: &h, Start: start, Call: new(policy.Call)}
		if a := p.(policy.OnRequest).OnRequest(&r); a != nil || !r.Call.Deadline.Equal(want) {
			t.Errorf("%q, %v: %v, %+v, want %v", tc.field, tc.most, r.Call.Deadline, a, want)
		}
		if a := p.(policy.OnRequest).OnRequest(&policy.Request{Head: &h}); a != nil {
			t.Errorf("what is no call is answered with %+v", a)
		}
	}
}

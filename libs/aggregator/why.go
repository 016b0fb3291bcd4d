package aggregator

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gatewayhomebrew/gateway/libs/admin"
)

// askFor is how long the nodes of the fleet may take to answer.
const askFor = 2 * time.Second

// why asks all edges and relays for a request that failed.
func (a *Aggregator) why(id string) (out admin.Explanation, found bool) {
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	answer, node, err := a.ring.Ask(ctx, id)
	if err != nil || node == "" {
		return admin.Explanation{}, false
	}
	if err := json.Unmarshal(answer, &out); err != nil || out.ID != id {
		a.log.WithField("node", node).Warn("a node answers a question by what cannot be read")
		return admin.Explanation{}, false
	}
	out.Node = node // whatever it says of itself
	return out, true
}

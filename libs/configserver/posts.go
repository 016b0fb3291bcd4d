package configserver

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/gatewayhomebrew/gateway/libs/configpb"
)

// A sighting is what this replica has to tell others of one node.
type sighting struct {
	hello     *configpb.Hello
	since     time.Time
	connected bool
	report    *configpb.Report
	heartbeat *configpb.Heartbeat // what has come since the last post, in one; nil: nothing
}

// beat adds a heartbeat. One with another digest begins anew: no window has two configurations in
// it, and what is lost is a second of traffic.
func (g *sighting) beat(h *configpb.Heartbeat) {
	if g.heartbeat == nil || g.heartbeat.GetDigest() != h.GetDigest() {
		g.heartbeat = proto.CloneOf(h)
		return
	}
	sum := g.heartbeat
	sum.Revision, sum.Uptime = h.GetRevision(), h.GetUptime()
	sum.Window = durationpb.New(sum.GetWindow().AsDuration() + h.GetWindow().AsDuration())
	sum.Requests += h.GetRequests()
	sum.Responses_5Xx += h.GetResponses_5Xx()
	sum.ConnectFailures += h.GetConnectFailures()
	for i, n := range h.GetLatency() {
		if i < len(sum.Latency) {
			sum.Latency[i] += n
		} else {
			sum.Latency = append(sum.Latency, n)
		}
	}
}

// partNodes keeps a post well under the megabyte that etcd takes.
const partNodes = 1000

// post tells other replicas of the nodes here, again and again. A store with one replica has nobody
// to tell.
func (s *Server) post(ctx context.Context) {
	if !s.store.Shared() {
		return
	}
	sequence := uint64(s.now().UnixNano()) // above those of an earlier process of the same name
	for pause(ctx, postEvery) {
		sequence++
		for part, post := range s.sightings(sequence) {
			data, err := proto.Marshal(post)
			if err == nil {
				err = s.store.Post(ctx, fmt.Sprintf("%s/%d", s.options.Name, part), data)
			}
			if err != nil && ctx.Err() == nil {
				s.met(err)
			}
		}
	}
}

// sightings are the posts of this second. There is always one, so that others see who is there.
func (s *Server) sightings(sequence uint64) []*configpb.Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	posts := []*configpb.Post{{Server: s.options.Name, Sequence: sequence}}
	for name, g := range s.sights {
		if !g.connected &&
			(s.owners[name] != s.options.Name || s.now().Sub(g.since) > s.options.Forget) {
			delete(s.sights, name)
			continue
		}
		if len(posts[len(posts)-1].Nodes) == partNodes {
			posts = append(posts, &configpb.Post{Server: s.options.Name, Sequence: sequence})
		}
		post := posts[len(posts)-1]
		post.Nodes = append(post.Nodes, &configpb.Sighting{
			Hello: g.hello, Since: timestamppb.New(g.since), Connected: g.connected,
			Report: g.report, Heartbeat: g.heartbeat,
		})
		g.heartbeat = nil
	}
	return posts
}

// readPosts takes what other replicas tell as if their nodes had told it here.
func (s *Server) readPosts(ctx context.Context) error {
	if !s.store.Shared() {
		return nil
	}
	posts, err := s.store.Posts(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	alive := map[string]bool{s.options.Name: true}
	for name, data := range posts {
		var post configpb.Post
		if err := proto.Unmarshal(data, &post); err != nil {
			s.log.WithError(err).WithField("post", name).Warn("a replica's post can't be read")
			continue
		}
		if post.GetServer() == s.options.Name {
			continue
		}
		alive[post.GetServer()] = true
		if post.GetSequence() == s.posted[name] {
			continue
		}
		s.posted[name] = post.GetSequence()
		for _, g := range post.GetNodes() {
			s.sightedLocked(post.GetServer(), g)
		}
	}
	for name := range s.posted {
		if _, ok := posts[name]; !ok {
			delete(s.posted, name)
		}
	}
	for node, server := range s.owners {
		if !alive[server] {
			s.machine.Gone(s.now(), node) // its replica is, at least; it will come to another
			s.dirty = true
		}
	}
	return nil
}

// sightedLocked needs mu held.
func (s *Server) sightedLocked(server string, g *configpb.Sighting) {
	h := g.GetHello()
	name := h.GetNode()
	if !validName(name) || checkHello(h) != nil {
		return
	}
	now, n := s.now(), s.machine.Node(name)
	owner := s.owners[name]
	switch {
	case !g.GetConnected():
		if owner == server && n != nil && n.Connected {
			s.machine.Gone(now, name)
			s.seenLocked()
		}
		return
	case owner != server && n != nil && n.Connected && g.GetSince().AsTime().Before(n.Since):
		return // it has moved on since, and the other has not noticed
	case n == nil || !n.Connected || owner != server || n.Boot != h.GetBootId():
		s.owners[name] = server
		hello := helloOf(h)
		if n != nil && n.Revision > hello.Revision {
			// The node has answered since it said hello.
			hello.Revision, hello.Digest = n.Revision, n.Digest
		}
		s.machine.Seen(now, hello)
	}
	if beat := g.GetHeartbeat(); beat != nil &&
		checkHeartbeat(beat, len(h.GetLatencyBounds())) == nil {
		s.heardLocked(name, beat, h.GetLatencyBounds())
	}
	if r := g.GetReport(); r != nil {
		if n := s.machine.Node(name); n.Answer.Revision != r.GetRevision() ||
			n.Answer.Applied != r.GetApplied() || n.Answer.Digest != r.GetDigest() {
			s.machine.Answered(now, name, answerOf(r))
		}
	}
	s.seenLocked()
}

package gossip

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestNodesFindEachOtherWithinASecond(t *testing.T) {
	simulate(t, 1, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 5)
		took := within(t, time.Second, "one ring of 5", oneRing(nodes))
		t.Logf("took %v", took)
	})
}

func TestNodesFindEachOtherThroughHeavyLoss(t *testing.T) {
	const runs = 30
	late := 0
	for seed := range uint64(runs) {
		simulate(t, seed, func(t *testing.T, m *memory) {
			m.set(0.3, nil)
			nodes := m.fleet(t, 5)
			if took := within(t, 15*time.Second, "one ring of 5",
				oneRing(nodes)); took > 6*time.Second {
				late++
			}
		})
	}
	// It is all chance: four nodes have to open a connection, of which each try fails
	// half of the time.
	if late > runs/5 {
		t.Errorf("%d of %d rings took more than 6 s", late, runs)
	}
}

func TestAFailureThatAllSeeIsFollowedByTheOneThatDoesNot(t *testing.T) {
	for _, loss := range []float64{0, 0.3} {
		t.Run(fmt.Sprint("loss ", loss), func(t *testing.T) {
			simulate(t, 2, func(t *testing.T, m *memory) {
				nodes := m.fleet(t, 5)
				within(t, 6*time.Second, "one ring", oneRing(nodes))
				pass(12 * time.Second) // an exchange: each knows who watches the cluster
				m.set(loss, nil)
				for _, n := range nodes[:4] {
					n.fails(1)
				}
				most := 2 * time.Second
				if loss > 0 {
					most = 10 * time.Second
				}
				took := within(t, most, "the idle node follows", func() bool {
					for _, n := range nodes[:4] {
						n.fails(1)
					}
					return nodes[4].weight(1) <= 30
				})
				t.Logf("took %v, weight %d", took, nodes[4].weight(1))
				for i := range endpoints {
					if i != 1 && nodes[4].weight(i) != 100 {
						t.Errorf("endpoint %d has %d", i, nodes[4].weight(i))
					}
				}
			})
		})
	}
}

func TestAFailureThatOneSeesMovesTheOthersByItsShare(t *testing.T) {
	simulate(t, 3, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 5)
		within(t, time.Second, "one ring", oneRing(nodes))
		pass(12 * time.Second)
		nodes[2].fails(0)
		within(t, 2*time.Second, "the others follow", func() bool {
			for i, n := range nodes {
				if i != 2 && n.weight(0) == 100 {
					return false
				}
			}
			return true
		})
		for i, n := range nodes {
			if i != 2 && (n.weight(0) < 79 || n.weight(0) > 81) {
				t.Errorf("node %d has %d, want 80: one of five says it", i, n.weight(0))
			}
		}
		within(t, 25*time.Second, "all are well again", func() bool {
			for _, n := range nodes {
				if n.weight(0) != 100 {
					return false
				}
			}
			return true
		})
	})
}

func TestANodeThatIsCutOffMovesNobody(t *testing.T) {
	simulate(t, 4, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 5)
		within(t, time.Second, "one ring", oneRing(nodes))
		pass(12 * time.Second)
		for range 40 {
			for e := range endpoints {
				nodes[0].cluster.Endpoint(e).Record(1 + 1) // connect
			}
			pass(100 * time.Millisecond)
			for i, n := range nodes[1:] {
				for e := range endpoints {
					if n.weight(e) < 95 {
						t.Fatalf("node %d gives endpoint %d %d", i+1, e, n.weight(e))
					}
				}
			}
		}
	})
}

func TestANodeThatIsKilledIsMissedWithinSixSeconds(t *testing.T) {
	for seed := range uint64(5) {
		simulate(t, seed, func(t *testing.T, m *memory) {
			nodes := m.fleet(t, 5)
			within(t, time.Second, "one ring", oneRing(nodes))
			pass(5 * time.Second)
			nodes[4].kill()
			took := within(t, 6*time.Second, "a ring of 4", func() bool {
				for _, n := range nodes[:4] {
					if n.members.count() != 4 {
						return false
					}
				}
				return true
			})
			t.Logf("took %v", took)
		})
	}
}

func TestWhatAKilledNodeSaidIsForgotten(t *testing.T) {
	simulate(t, 5, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 3)
		within(t, time.Second, "one ring", oneRing(nodes))
		pass(12 * time.Second)
		nodes[2].fails(0)
		within(t, 2*time.Second, "node 0 follows", func() bool { return nodes[0].weight(0) < 100 })
		nodes[2].kill()
		if !stands(nodes[0], nodes[2].Name()) {
			t.Error("what it said does not count any more at once")
		}
		within(t, 20*time.Second, "nothing it said stands", func() bool {
			return !stands(nodes[0], nodes[2].Name())
		})
		within(t, 30*time.Second, "it counts no more", func() bool {
			return nodes[0].weight(0) == 100
		})
		within(t, 2*time.Minute, "it is forgotten", func() bool {
			for _, r := range nodes[0].Reports() {
				if r.Observer == nodes[2].Name() {
					return false
				}
			}
			return true
		})
	})
}

// stands says whether a loss that an observer reported counts at a node.
func stands(n *node, observer string) bool {
	return slices.ContainsFunc(n.Standing(), func(s Standing) bool {
		return s.Observer == observer && s.Sight.Loss > 0 && s.Trust > 0
	})
}

func TestANodeThatLeavesIsNotLookedFor(t *testing.T) {
	simulate(t, 6, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 5)
		within(t, time.Second, "one ring", oneRing(nodes))
		pass(12 * time.Second)
		nodes[4].fails(0)
		within(t, 2*time.Second, "the others follow", func() bool {
			return nodes[0].weight(0) < 100
		})
		if !stands(nodes[0], nodes[4].Name()) || !stands(nodes[4], nodes[4].Name()) {
			t.Error("what it says does not stand")
		}
		begin := time.Now()
		stop(t, nodes[4])
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("leaving took %v", took)
		}
		within(t, time.Second, "nobody has it, or looks for it", func() bool {
			for _, n := range nodes[:4] {
				if n.members.count() != 4 || len(n.members.missing()) != 0 ||
					stands(n, nodes[4].Name()) {
					return false
				}
			}
			return true
		})
		within(t, 8*time.Second, "what it said is taken back", func() bool {
			return nodes[0].weight(0) == 100
		})
	})
}

func TestASplitOfAnyLengthHeals(t *testing.T) {
	for _, length := range []time.Duration{
		10 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute,
	} {
		t.Run(length.String(), func(t *testing.T) {
			simulate(t, uint64(length), func(t *testing.T, m *memory) {
				nodes := m.fleet(t, 8)
				within(t, 2*time.Second, "one ring", oneRing(nodes))
				pass(12 * time.Second)
				m.set(0, func(a, b int) bool { return (a < 3) != (b < 3) })
				pass(length)
				if n := nodes[0].members.count(); n != 3 && length > 20*time.Second {
					t.Fatalf("the smaller part has %d members", n)
				}
				for range 4 {
					for _, n := range nodes[:3] {
						n.fails(1)
					}
					pass(time.Second)
				}
				m.set(0, nil)
				took := within(t, 15*time.Second, "one ring again", oneRing(nodes))
				t.Logf("one ring after %v", took)
				within(t, 15*time.Second-took, "all agree", func() bool {
					for _, n := range nodes[3:] {
						if len(n.Reports()) == 0 || n.weight(1) > 80 {
							return false
						}
					}
					return true
				})
			})
		})
	}
}

func TestNobodyIsTakenForDeadForSomeLoss(t *testing.T) {
	simulate(t, 8, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 5)
		within(t, time.Second, "one ring", oneRing(nodes))
		m.set(0.1, nil)
		for range 3 * 60 * 5 {
			pass(200 * time.Millisecond)
			if !oneRing(nodes)() {
				t.Fatal("a node is missed that is there")
			}
		}
		m.set(0, nil)
	})
}

// A node that comes back with a clock that was set back begins with an incarnation that
// is below its last one.
func TestANodeThatComesBackWithAnEarlierClockIsHeard(t *testing.T) {
	simulate(t, 9, func(t *testing.T, m *memory) {
		nodes := m.fleet(t, 3)
		within(t, time.Second, "one ring", oneRing(nodes))
		pass(12 * time.Second)
		stop(t, nodes[2])
		late := m.start(t, 2, func(o *Options) { o.incarnation = 5 })
		nodes[2] = late
		within(t, 2*time.Second, "one ring", oneRing(nodes))
		late.fails(0)
		within(t, 13*time.Second, "it is heard", func() bool { return nodes[0].weight(0) < 100 })
	})
}

// What a node said before it was killed does not come back with it, also where its clock
// was set back meanwhile, so that its new life looks like one before the old.
func TestANodeThatComesBackIsNotHeldToWhatItSaidBefore(t *testing.T) {
	for name, incarnation := range map[string]uint64{"same clock": 0, "clock set back": 5} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(3) {
				simulate(t, seed, func(t *testing.T, m *memory) {
					nodes := m.fleet(t, 5)
					within(t, time.Second, "one ring", oneRing(nodes))
					pass(12 * time.Second)
					nodes[2].fails(0)
					others := []*node{nodes[0], nodes[1], nodes[3], nodes[4]}
					all := func(holds func(weight int) bool) func() bool {
						return func() bool {
							for _, n := range others {
								if !holds(n.weight(0)) {
									return false
								}
							}
							return true
						}
					}
					within(t, 2*time.Second, "the others follow", all(func(w int) bool {
						return w < 100
					}))
					nodes[2].kill()
					stop(t, nodes[2])
					within(t, 30*time.Second, "it counts no more", all(func(w int) bool {
						return w == 100
					}))
					back := m.start(t, 2, func(o *Options) { o.incarnation = incarnation })
					for range 5 * 50 {
						pass(20 * time.Millisecond)
						for _, n := range others {
							if w := n.weight(0); w < 100 {
								t.Fatalf(
									"%s gives %d to an endpoint that %s lost before it was killed",
									n.Name(), w, back.Name())
							}
						}
					}
					// What it says now counts.
					within(t, 2*time.Second, "the others follow", func() bool {
						back.fails(0)
						return all(func(w int) bool { return w < 100 })()
					})
				})
			}
		})
	}
}

// A node that starts again and looks for nobody is a member as soon as it answers; it has
// to be told who the others are.
func TestANodeThatComesBackAloneKnowsTheOthers(t *testing.T) {
	for seed := range uint64(20) {
		simulate(t, seed, func(t *testing.T, m *memory) {
			nodes := m.fleet(t, 3)
			within(t, 2*time.Second, "one ring", oneRing(nodes))
			nodes[2].kill()
			within(t, 10*time.Second, "it is missed", func() bool {
				return nodes[0].members.count() == 2 && nodes[1].members.count() == 2
			})
			nodes[2] = m.start(t, 2, func(o *Options) { o.Join = nil })
			within(t, 6*time.Second, "one ring again", oneRing(nodes))
		})
	}
}

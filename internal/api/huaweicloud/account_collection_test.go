// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"maps"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is shared, a collection holds what was added to it.
func TestAccountCollectionSharesOnlyEqualLists(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Few pages, which lists have in common as those of real applications do.
		pages := make([][]authorization, 6)
		for i := range pages {
			for h, platform := range drawAccounts(t, "page") {
				pages[i] = append(pages[i], authorization{h, platform})
			}
		}
		var lists knownLists
		var made []pair
		for range rapid.IntRange(1, 12).Draw(t, "lists") {
			c, plain := accountCollection{lists: &lists}, accountCollection{}
			for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(pages)-1), 0, 5).Draw(t, "pages of the list") {
				c.add(pages[i], 100)
				plain.add(pages[i], 100)
				if rapid.Bool().Draw(t, "looked at in between") && c.size() != plain.size() {
					t.Fatalf("%d records, want %d", c.size(), plain.size())
				}
			}
			if c.size() != plain.size() || !maps.Equal(c.list(), plain.list()) {
				t.Fatalf("%v, want %v", c.list(), plain.list())
			}
			made = append(made, pair{c.list(), maps.Clone(plain.list())})
		}
		for _, p := range made {
			if !maps.Equal(p.list, p.was) {
				t.Fatalf("a list that others hold was changed: %v, and was %v", p.list, p.was)
			}
		}
	})
}

type pair struct{ list, was Accounts }

func TestAccountCollectionSharesWhatIsEqual(t *testing.T) {
	t.Parallel()
	var known knownRecords
	var lists knownLists
	read := func(pages ...int) Accounts {
		rand.Shuffle(len(pages), func(i, j int) { pages[i], pages[j] = pages[j], pages[i] }) // they arrive in any order
		c := accountCollection{lists: &lists}
		for _, i := range pages {
			records, count, err := known.decode(benchmarkPage(i))
			if err != nil {
				t.Fatal(err)
			}
			c.add(records, count)
		}
		return c.list()
	}
	first := read(0, 1, 2)
	if again := read(0, 1, 2); identity(again) != identity(first) {
		t.Error("a list of the same pages is another one in memory")
	}
	if longer := read(0, 1, 2, 3); identity(longer) == identity(first) || len(longer) != 4*pageLimit || len(first) != 3*pageLimit {
		t.Errorf("a longer list has %d accounts, the first one %d", len(longer), len(first))
	}
}

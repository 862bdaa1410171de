// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

// maxExpected bounds how much room a count alone takes: it may lie.
const maxExpected = 50_000

// accountCollection is a collection of authorizations. An account that is listed with two platform
// types is two records of the service and one account.
type accountCollection struct {
	accounts Accounts
	variants map[authorization]struct{}
}

func (c *accountCollection) add(records []authorization, total int) {
	if c.accounts == nil {
		c.accounts = make(Accounts, max(0, min(total, maxExpected)))
	}
	for _, r := range records {
		platform, ok := c.accounts[r.account]
		switch {
		case !ok:
			c.accounts[r.account] = r.platform
		case platform != r.platform:
			if c.variants == nil {
				c.variants = map[authorization]struct{}{}
			}
			// Whatever the order of the pages, the same one is shown.
			shown, other := platform, r.platform
			if shown == "" || other != "" && other < shown {
				shown, other = other, shown
			}
			c.accounts[r.account] = shown
			c.variants[authorization{r.account, other}] = struct{}{}
			delete(c.variants, authorization{r.account, shown})
		}
	}
}

func (c *accountCollection) size() int { return len(c.accounts) + len(c.variants) }

func (c *accountCollection) reset() { *c = accountCollection{} }

// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package bench

// Matrix lists what is measured. The quick one takes two minutes.
func Matrix(quick bool) []Spec {
	if quick {
		return []Spec{
			{Kind: AuthorizationSet, Size: 1_000, Apps: 20},
			{Kind: AuthorizationSet, Size: 5_000, Apps: 20},
			{Kind: AuthorizationSet, Size: 5_000, Apps: 20, Counts: true},
			{Kind: RoleGrantSet, Size: 1_000},
			{Kind: RuleSet, Size: 1_000},
			{Kind: RoleGrants, Size: 100},
			{Kind: AppData, Size: 100},
		}
	}
	var specs []Spec
	for _, apps := range []int{1, 20, 100} {
		for _, accounts := range []int{100, 1_000, 5_000, 20_000} {
			if apps == barApps && accounts == barAccounts {
				specs = append(specs, Spec{Kind: AuthorizationSet, Size: accounts / 2, Apps: apps}) // what the double is held against
			}
			specs = append(specs, Spec{Kind: AuthorizationSet, Size: accounts, Apps: apps})
		}
	}
	return append(specs,
		Spec{Kind: AuthorizationSet, Size: barAccounts, Apps: barApps, Counts: true},
		Spec{Kind: AuthorizationSet, Size: barAccounts, Apps: 100, Counts: true},
		Spec{Kind: RoleGrantSet, Size: 1_000},
		Spec{Kind: RoleGrantSet, Size: 10_000},
		Spec{Kind: RuleSet, Size: 1_000},
		Spec{Kind: RuleSet, Size: 10_000},
		Spec{Kind: RoleGrants, Size: 1_000},
		Spec{Kind: AppData, Size: 100},
	)
}

// What the provider is held to, on the largest set of 20 applications.
const (
	barAccounts = 20_000
	barApps     = 20
	barRatio    = 2.0       // of the provider's CPU to the floor's
	barPeak     = 300 << 20 // bytes of the provider
	barDouble   = 2.5       // twice the accounts cost at most so many times as much
	barGrowth   = 1.25      // so much more than in proportion
)

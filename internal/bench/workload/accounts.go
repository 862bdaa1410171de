// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package workload makes what the benchmarks work on: accounts, grants, and the configurations that
// hold them. The same numbers always give the same data.
package workload

import "fmt"

// Domains are where the accounts live. The first is the service's own directory.
var Domains = [...]string{
	"local.com", "corp.example.com", "emea.example.com", "apac.example.com", "amer.example.com", "partners.example.net", "lab.example.org",
}

// Accounts are accounts as the configuration takes them: domain to account to platform type, nil
// for none.
type Accounts struct {
	Users      map[string]map[string]*string `json:"users"`
	UserGroups map[string]map[string]*string `json:"user_groups"`
}

// Account is one account of a workload.
type Account struct {
	Group        bool
	Domain, Name string
	Platform     string // AD, LOCAL, or "" for none
}

const (
	groupsEvery = 50  // one account in so many is a group
	onePercent  = 100 // one account in so many
)

// List returns n accounts in all domains: users, and a group after every 49 of them.
func List(n int) []Account {
	accounts := make([]Account, n)
	for i := range accounts {
		accounts[i] = account(i, "user")
	}
	return accounts
}

func account(i int, name string) Account {
	a := Account{Domain: Domains[i%len(Domains)], Name: fmt.Sprintf("%s.%06d", name, i), Platform: "AD"}
	switch {
	case i%groupsEvery == groupsEvery-1:
		a.Group, a.Name = true, "group-"+a.Name
	case a.Domain == Domains[0]:
		a.Platform = "LOCAL"
	case i%10 == 0:
		a.Platform = ""
	}
	return a
}

// Changed is List(n) with 1 % of the accounts, at least one, replaced by others.
func Changed(n int) []Account {
	accounts := List(n)
	for i := range accounts {
		if i%onePercent == onePercent/2 {
			accounts[i] = account(i, "newcomer")
		}
	}
	return accounts
}

// Drifted are 1 % of the accounts that List(n) and Changed(n) have in common, at least one. Those
// of everywhere are to be revoked on all applications, the others on one only.
func Drifted(n int) (everywhere, somewhere []Account) {
	for i, a := range List(n) {
		if i%onePercent != onePercent/4 {
			continue
		}
		if i/onePercent%2 == 0 {
			everywhere = append(everywhere, a)
		} else {
			somewhere = append(somewhere, a)
		}
	}
	return everywhere, somewhere
}

// ByDomain gives accounts the form that the configuration wants.
func ByDomain(accounts []Account) Accounts {
	out := Accounts{Users: map[string]map[string]*string{}, UserGroups: map[string]map[string]*string{}}
	for _, a := range accounts {
		into := out.Users
		if a.Group {
			into = out.UserGroups
		}
		if into[a.Domain] == nil {
			into[a.Domain] = map[string]*string{}
		}
		into[a.Domain][a.Name] = nil
		if a.Platform != "" {
			into[a.Domain][a.Name] = &a.Platform
		}
	}
	return out
}

// AppID is the id of application i.
func AppID(i int) string { return fmt.Sprintf("3f791197-d166-4c8e-81e4-%012d", i) }

// AppIDs are the ids of n applications.
func AppIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = AppID(i)
	}
	return ids
}

// Grantee is prefixed universal ID i of an Active Directory.
func Grantee(i int) string {
	prefix, universal := GranteeParts(i)
	return prefix + ":" + universal
}

// GranteeParts are the two parts of Grantee.
func GranteeParts(i int) (prefix, universal string) {
	return "AD+corp", fmt.Sprintf("%032x", 0x7f93d2908020204a+i)
}

// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

// kind is what tells the two set resources apart.
type kind struct {
	suffix    string // of the type name
	exclusive bool   // answers for accounts that others granted, too

	// what the page of the resource says
	description, maxRevocations, onDestroy, listing string
}

var additiveSet = kind{
	suffix: "_huaweicloud_app_authorization_set",
	description: "Nobody is removed whom this resource did not list: it **adds** accounts to applications of Huawei Cloud Workspace, every listed " +
		"account on every listed application, and accounts that others granted are left alone and never show. An account that leaves the " +
		"configuration is revoked on all its applications.\n\nMany sets may name the same application, as long as they agree on `authorization_type` " +
		"and no account stands in two of them: the set that lets go of an account revokes it, whoever else lists it. To own the whole list of an " +
		"application use `appaccess_huaweicloud_app_authorizations_exclusive`.",
	maxRevocations: "Default: no limit.",
	onDestroy: "`revoke` (default): exactly the listed accounts are revoked, and an `ALL_USER` set becomes `ASSIGN_USER`; who was granted the " +
		"application by others keeps it.",
	listing: "A set that is imported as it was found answers for all these accounts: who leaves its configuration is revoked. To answer for some of " +
		"them only, write a set that lists these, and don't import it: to grant what is granted already changes nothing.",
}

var exclusiveSet = kind{
	suffix:    "_huaweicloud_app_authorizations_exclusive",
	exclusive: true,
	description: "Everybody who is not listed here is removed: this resource takes **exclusive ownership** of who may use these applications of Huawei " +
		"Cloud Workspace. Accounts that others granted show as drift, a `-` in the plan, and are revoked by the apply; destroying the resource leaves " +
		"nobody.\n\nNo other resource may name the same application: the two would take turns revoking each other's accounts, and a plan with two " +
		"exclusive resources of one application is an error. To share an application use `appaccess_huaweicloud_app_authorization_set`. A create over " +
		"accounts that are there already fails unless `max_revocations` allows it: import the applications instead, and the first plan " +
		"shows who will be revoked.",
	maxRevocations: "Default: no limit, but a create that finds accounts to revoke fails unless a limit is given that allows it.",
	onDestroy:      "`revoke` (default): every account of the applications is revoked, and they end in `ASSIGN_USER`, open to nobody.",
	listing: "An exclusive set that is imported as it was found revokes nobody at first; whom others grant an application from then on it revokes " +
		"at the next apply.",
}

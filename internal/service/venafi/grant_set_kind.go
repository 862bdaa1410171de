// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

// setKind is what tells the two sets of grants apart.
type setKind struct {
	suffix    string // of the type name
	exclusive bool   // answers for grants that others made, too

	// what the page of the resource says
	description, maxRevocations, onDestroy string
}

var additiveGrants = setKind{
	suffix: "_venafi_oauth_role_grant_set",
	description: "Nobody loses a role whom this resource did not list: it **adds** grantees to one OAuth role, and grants that others made are left " +
		"alone and never show. A grantee who leaves the configuration loses the role.\n\nMany sets may name the same role, as long as no grantee " +
		"stands in two of them: the set that lets go of a grantee revokes the role, whoever else lists it. To own all grants of a role use " +
		"`appaccess_venafi_oauth_role_grants_exclusive`.",
	maxRevocations: "Default: no limit.",
	onDestroy:      "`revoke` (default): exactly the listed grantees lose the role.",
}

var exclusiveGrants = setKind{
	suffix:    "_venafi_oauth_role_grants_exclusive",
	exclusive: true,
	description: "Everybody who is not listed here loses the role: this resource takes **exclusive ownership** of who holds one OAuth role, on one " +
		"application or, for a role on the whole installation, everywhere. Grants that others made show as drift, a `-` in the plan with the ID as the " +
		"label, and are revoked by the apply; destroying the resource leaves nobody.\n\nNo other resource may name the same role of the same " +
		"application: the two would take turns revoking each other's grants, and a plan with two exclusive resources of one role is an error. To share " +
		"a role use `appaccess_venafi_oauth_role_grant_set`. A create over grants that are there already fails unless `max_revocations` allows it: " +
		"import the role instead, and the first plan shows who will lose it.",
	maxRevocations: "Default: no limit, but a create that finds grants to revoke fails unless a limit is given that allows it.",
	onDestroy:      "`revoke` (default): everybody loses the role.",
}

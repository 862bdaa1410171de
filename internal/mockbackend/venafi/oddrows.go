// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// digits is an ApplicationId that may be taken for a number.
var digits = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`)

// oddRows shows entries as the switch says, and behind them the rows that the seed gives as they
// are.
func (b *Backend) oddRows(entries []roleEntry) []any {
	rows := make([]any, 0, len(entries)+len(b.oddRoles))
	for _, e := range entries {
		rows = append(rows, e.odd(b.switches.RoleRows))
	}
	for _, row := range b.oddRoles {
		rows = append(rows, row)
	}
	return rows
}

func (e roleEntry) odd(position string) any {
	row := map[string]any{"Grantee": e.Grantee, "Role": e.Role}
	if e.ApplicationID != nil {
		row["ApplicationId"] = e.ApplicationID
	}
	switch position {
	case RowsRoleText:
		row["Role"] = strconv.Itoa(e.Role)
	case RowsRoleName:
		row["Role"] = roleNames[e.Role]
	case RowsRoleDecimal:
		row["Role"] = json.RawMessage(strconv.Itoa(e.Role) + ".0")
	case RowsGranteeWriteName:
		delete(row, "Grantee")
		row["GranteePrefixedUniversal"] = e.Grantee
	case RowsGranteeObject:
		prefix, universal, _ := strings.Cut(e.Grantee, ":")
		row["Grantee"] = map[string]string{"Prefix": prefix, "PrefixedUniversal": e.Grantee, "Universal": universal}
	case RowsApplicationNumber:
		if id, ok := e.ApplicationID.(string); ok && digits.MatchString(id) {
			row["ApplicationId"] = json.RawMessage(id)
		}
	}
	return row
}

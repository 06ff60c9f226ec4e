-- What the comment of a table declares about its kind. Protects from a declaration that is not kept.

select 'OWNER_MISSING', 'error', c.name,
  format('The comment of %s says @owner %s, and there is no such column.', c.name, coalesce(d.argument, '')),
  '-- name the column in the comment: @owner <column>'
from declared as d join relation as c on c.oid = d.relation
where d.tag = 'owner' and c.served
  and not exists (select from attribute as a where a.attrelid = c.oid and a.attname = d.argument)
union all

-- Everybody signed in reads the same rows, so a row that one person writes reaches all.
select 'REFERENCE_WRITABLE', 'error', c.name,
  format('%s is a reference table, and %s may write it.', c.name, string_agg(distinct h.role, ', ')),
  string_agg(distinct format('revoke insert, update, delete on %s from %s;', c.name, h.role), ' ')
from relation as c
join held as h on h.relation = c.oid and h.privilege in ('insert', 'update', 'delete') and h.grantee <> 0
where c.kind = 'reference'
group by c.name
union all

-- A policy of a member table is as safe as the function, which returns the keys that the person may use. The
-- function is judged by the body that PostgreSQL parsed: it compares its rows with the identity, joined by AND.
select 'MEMBER_FUNCTION', 'error', c.name,
  case
    when m.function is null then format('The comment of %s says @member %s, and there is no function app_private.%s().',
      c.name, m.name, m.name)
    else format('%s decides who sees the rows of %s, and it %s.', f.name, c.name, x.problem)
  end,
  case when x.problem = 'is not stable' then format('alter function %s stable;', f.name)
    else '-- return array(select … where user_id = (select app_private.current_user_id())), stable, in app_private'
  end
from relation as c
join member_function as m on m.relation = c.oid
left join routine as f on f.oid = m.function
left join pg_catalog.pg_proc as p on p.oid = m.function
cross join lateral (
  select case
    when p.provolatile <> 's' then 'is not stable'
    when format_type(p.prorettype, null) !~ '\[\]$' then 'does not return an array'
    when not f.is_standard then 'has a body that is text, which cannot be judged'
    when f.body !~ '= \( ?SELECT app_private\.current_user_id\(\) AS current_user_id\)'
      or f.body ~ '\m(OR|NOT|CASE|UNION|EXCEPT|LEFT|RIGHT|FULL|VALUES|generate_series)\M'
      then 'does not compare its rows with the current person, joined by AND'
  end as problem
) as x
where m.function is null or x.problem is not null

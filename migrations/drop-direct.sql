-- Runs before migrations and before current.sql (.gmrc): PostgreSQL does not change or drop a column that
-- a view shows. refresh-direct.sql makes the views again. Before the first migration there is nothing.
do $$
begin
  if to_regprocedure('app_private.drop_direct_views()') is not null then
    perform app_private.drop_direct_views();
  end if;
end
$$;

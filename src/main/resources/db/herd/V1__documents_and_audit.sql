-- Documents as texts under paths. A deleted one stays as a row without a text, so that replicas learn that it is gone.
create table document (
    path text primary key,
    body text,
    revision bigint not null
);
create index document_revision on document (revision);

-- One row: how many changes there were. Its lock makes writers take turns, so revisions appear in their order.
create table revision (latest bigint not null);
insert into revision (latest) values (0);

-- Lines of the audit log, exactly as they are exported, since their hashes are of their texts.
create table audit (
    tenant text not null,
    seq bigint not null,
    day date not null,
    line text not null,
    primary key (tenant, seq)
);

-- Where the chain of a tenant goes on after its first days were deleted.
create table audit_checkpoint (
    tenant text primary key,
    seq bigint not null,
    hash text not null
);

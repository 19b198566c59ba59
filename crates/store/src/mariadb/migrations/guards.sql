-- What only grows is refused any change. A correction is a new entry.

CREATE TRIGGER IF NOT EXISTS journal_entry_is_never_updated BEFORE UPDATE ON journal_entry FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'journal entries are never updated';
CREATE TRIGGER IF NOT EXISTS journal_entry_is_never_deleted BEFORE DELETE ON journal_entry FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'journal entries are never deleted';
CREATE TRIGGER IF NOT EXISTS ledger_entry_is_never_updated BEFORE UPDATE ON ledger_entry FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ledger entries are never updated';
CREATE TRIGGER IF NOT EXISTS ledger_entry_is_never_deleted BEFORE DELETE ON ledger_entry FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'ledger entries are never deleted';
CREATE TRIGGER IF NOT EXISTS audit_log_is_never_updated BEFORE UPDATE ON audit_log FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is never updated';
CREATE TRIGGER IF NOT EXISTS audit_log_is_never_deleted BEFORE DELETE ON audit_log FOR EACH ROW
SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is never deleted';

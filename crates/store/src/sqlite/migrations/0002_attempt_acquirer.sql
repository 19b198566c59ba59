-- To whom an attempt was sent: nobody else can say what became of it.
-- Of attempts stored before, the simulator in the process answered its own within seconds; what is still outstanding went
-- over a connection.
ALTER TABLE attempt ADD COLUMN acquirer TEXT NOT NULL DEFAULT 'simulator-remote';

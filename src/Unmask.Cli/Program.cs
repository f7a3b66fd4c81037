Console.WriteLine("unmask");
